import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: PropertyValue","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/PropertyValue.md","filePath":"reference/graph/type-aliases/PropertyValue.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/PropertyValue.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-propertyvalue" tabindex="-1">Type Alias: PropertyValue <a class="header-anchor" href="#type-alias-propertyvalue" aria-label="Permalink to &quot;Type Alias: PropertyValue&quot;">​</a></h1><blockquote><p><strong>PropertyValue</strong> = <code>Exclude</code>&lt;<a href="./../../index/type-aliases/TupleElement"><code>TupleElement</code></a>, <code>null</code>&gt;</p></blockquote><p>What a property holds: what an element of a tuple may be, but for null, which stands for no value.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/PropertyValue.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PropertyValue = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PropertyValue as default
};
