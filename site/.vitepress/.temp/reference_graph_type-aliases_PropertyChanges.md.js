import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: PropertyChanges","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/PropertyChanges.md","filePath":"reference/graph/type-aliases/PropertyChanges.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/PropertyChanges.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-propertychanges" tabindex="-1">Type Alias: PropertyChanges <a class="header-anchor" href="#type-alias-propertychanges" aria-label="Permalink to &quot;Type Alias: PropertyChanges&quot;">​</a></h1><blockquote><p><strong>PropertyChanges</strong> = <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./PropertyValue"><code>PropertyValue</code></a> | <code>null</code>&gt;&gt;</p></blockquote><p>Changes of properties by their names: null removes one, and what is not named stays.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/PropertyChanges.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PropertyChanges = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PropertyChanges as default
};
