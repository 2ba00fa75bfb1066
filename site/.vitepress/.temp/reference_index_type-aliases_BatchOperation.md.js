import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: BatchOperation<K, V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/BatchOperation.md","filePath":"reference/index/type-aliases/BatchOperation.md"}');
const _sfc_main = { name: "reference/index/type-aliases/BatchOperation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-batchoperation-k-v" tabindex="-1">Type Alias: BatchOperation&lt;K, V&gt; <a class="header-anchor" href="#type-alias-batchoperation-k-v" aria-label="Permalink to &quot;Type Alias: BatchOperation\\&lt;K, V\\&gt;&quot;">​</a></h1><blockquote><p><strong>BatchOperation</strong>&lt;<code>K</code>, <code>V</code>&gt; = <code>object</code> &amp; <a href="./../interfaces/ExpiryOptions"><code>ExpiryOptions</code></a> | { <code>key</code>: <code>K</code>; <code>type</code>: <code>&quot;del&quot;</code>; } | { <code>key</code>: <code>K</code>; <code>type</code>: <code>&quot;update&quot;</code>; <code>update</code>(<code>current</code>): <code>V</code> | <code>undefined</code>; } | <code>object</code> &amp; <a href="./../interfaces/RangeOptions"><code>RangeOptions</code></a>&lt;<code>K</code>&gt; | { <code>type</code>: <code>&quot;clear&quot;</code>; }</p></blockquote><p>One operation of a batch: writes a value, which may expire, deletes a key (an absent one is no error), updates the value of a key, deletes a range, or deletes everything. A range that holds no bound deletes everything too; a bound that is there must not be undefined.</p><p>The function of an update is as Update says. In an operation that names a keyspace as <code>in</code>, its argument needs its type written out, because the compiler takes that of the batch&#39;s own keyspace otherwise.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/BatchOperation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BatchOperation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BatchOperation as default
};
