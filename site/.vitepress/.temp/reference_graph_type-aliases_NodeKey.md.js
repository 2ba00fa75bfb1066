import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: NodeKey","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/NodeKey.md","filePath":"reference/graph/type-aliases/NodeKey.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/NodeKey.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-nodekey" tabindex="-1">Type Alias: NodeKey <a class="header-anchor" href="#type-alias-nodekey" aria-label="Permalink to &quot;Type Alias: NodeKey&quot;">​</a></h1><blockquote><p><strong>NodeKey</strong> = <code>string</code> | <code>number</code></p></blockquote><p>What stands for a node in a load, and in text that is imported.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/NodeKey.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const NodeKey = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  NodeKey as default
};
