import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Where","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/Where.md","filePath":"reference/graph/type-aliases/Where.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/Where.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-where" tabindex="-1">Type Alias: Where <a class="header-anchor" href="#type-alias-where" aria-label="Permalink to &quot;Type Alias: Where&quot;">​</a></h1><blockquote><p><strong>Where</strong> = <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./ConditionOrValue"><code>ConditionOrValue</code></a>&gt;&gt;</p></blockquote><p>Conditions by the names of properties; all of them count.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/Where.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Where = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Where as default
};
