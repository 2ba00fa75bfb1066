import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: AnyTransaction","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/AnyTransaction.md","filePath":"reference/documents/interfaces/AnyTransaction.md"}');
const _sfc_main = { name: "reference/documents/interfaces/AnyTransaction.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-anytransaction" tabindex="-1">Interface: AnyTransaction <a class="header-anchor" href="#interface-anytransaction" aria-label="Permalink to &quot;Interface: AnyTransaction&quot;">​</a></h1><p>Whatever can give a transaction in a keyspace: a transaction.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="in" tabindex="-1">in() <a class="header-anchor" href="#in" aria-label="Permalink to &quot;in()&quot;">​</a></h3><blockquote><p><strong>in</strong>&lt;<code>K</code>, <code>V</code>&gt;(<code>keyspace</code>): <a href="./../../index/classes/Transaction"><code>Transaction</code></a>&lt;<code>K</code>, <code>V</code>&gt;</p></blockquote><p>As that of a transaction.</p><h4 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h4><h5 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h5><p><code>K</code></p><h5 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h5><p><code>V</code></p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="keyspace" tabindex="-1">keyspace <a class="header-anchor" href="#keyspace" aria-label="Permalink to &quot;keyspace&quot;">​</a></h5><p><a href="./../../index/interfaces/KeyspaceRef"><code>KeyspaceRef</code></a>&lt;<code>K</code>, <code>V</code>&gt;</p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><a href="./../../index/classes/Transaction"><code>Transaction</code></a>&lt;<code>K</code>, <code>V</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/AnyTransaction.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const AnyTransaction = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  AnyTransaction as default
};
