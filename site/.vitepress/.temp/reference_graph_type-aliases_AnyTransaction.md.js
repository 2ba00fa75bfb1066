import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: AnyTransaction","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/AnyTransaction.md","filePath":"reference/graph/type-aliases/AnyTransaction.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/AnyTransaction.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-anytransaction" tabindex="-1">Type Alias: AnyTransaction <a class="header-anchor" href="#type-alias-anytransaction" aria-label="Permalink to &quot;Type Alias: AnyTransaction&quot;">​</a></h1><blockquote><p><strong>AnyTransaction</strong> = <a href="./../../index/classes/Transaction"><code>Transaction</code></a>&lt;<code>any</code>, <code>any</code>&gt;</p></blockquote><p>A transaction of any types, of the database of the graph.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/AnyTransaction.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const AnyTransaction = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  AnyTransaction as default
};
