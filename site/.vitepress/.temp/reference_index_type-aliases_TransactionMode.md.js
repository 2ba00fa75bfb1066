import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: TransactionMode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/TransactionMode.md","filePath":"reference/index/type-aliases/TransactionMode.md"}');
const _sfc_main = { name: "reference/index/type-aliases/TransactionMode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-transactionmode" tabindex="-1">Type Alias: TransactionMode <a class="header-anchor" href="#type-alias-transactionmode" aria-label="Permalink to &quot;Type Alias: TransactionMode&quot;">​</a></h1><blockquote><p><strong>TransactionMode</strong> = <code>&quot;optimistic&quot;</code> | <code>&quot;pessimistic&quot;</code></p></blockquote><p><code>optimistic</code>: conflicts show at the commit. <code>pessimistic</code>: locks are held to the end.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/TransactionMode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TransactionMode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TransactionMode as default
};
