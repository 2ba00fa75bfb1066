import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EdgeId","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/EdgeId.md","filePath":"reference/graph/type-aliases/EdgeId.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/EdgeId.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-edgeid" tabindex="-1">Type Alias: EdgeId <a class="header-anchor" href="#type-alias-edgeid" aria-label="Permalink to &quot;Type Alias: EdgeId&quot;">​</a></h1><blockquote><p><strong>EdgeId</strong> = <code>number</code></p></blockquote><p>The number of an edge, from 1. No other node or edge of the graph has it, or ever had it.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/EdgeId.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EdgeId = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EdgeId as default
};
