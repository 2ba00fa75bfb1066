import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: TransactionFor<K, V, O>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/TransactionFor.md","filePath":"reference/index/type-aliases/TransactionFor.md"}');
const _sfc_main = { name: "reference/index/type-aliases/TransactionFor.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-transactionfor-k-v-o" tabindex="-1">Type Alias: TransactionFor&lt;K, V, O&gt; <a class="header-anchor" href="#type-alias-transactionfor-k-v-o" aria-label="Permalink to &quot;Type Alias: TransactionFor\\&lt;K, V, O\\&gt;&quot;">​</a></h1><blockquote><p><strong>TransactionFor</strong>&lt;<code>K</code>, <code>V</code>, <code>O</code>&gt; = <code>O</code> <em>extends</em> <code>object</code> ? <a href="./../classes/LockingTransaction"><code>LockingTransaction</code></a>&lt;<code>K</code>, <code>V</code>&gt; : <a href="./../classes/Transaction"><code>Transaction</code></a>&lt;<code>K</code>, <code>V</code>&gt;</p></blockquote><p>The transaction that a body gets.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h3 id="o" tabindex="-1">O <a class="header-anchor" href="#o" aria-label="Permalink to &quot;O&quot;">​</a></h3><p><code>O</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/TransactionFor.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TransactionFor = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TransactionFor as default
};
