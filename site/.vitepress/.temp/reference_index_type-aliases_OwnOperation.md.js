import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: OwnOperation<K, V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/OwnOperation.md","filePath":"reference/index/type-aliases/OwnOperation.md"}');
const _sfc_main = { name: "reference/index/type-aliases/OwnOperation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-ownoperation-k-v" tabindex="-1">Type Alias: OwnOperation&lt;K, V&gt; <a class="header-anchor" href="#type-alias-ownoperation-k-v" aria-label="Permalink to &quot;Type Alias: OwnOperation\\&lt;K, V\\&gt;&quot;">​</a></h1><blockquote><p><strong>OwnOperation</strong>&lt;<code>K</code>, <code>V</code>&gt; = <a href="./BatchOperation"><code>BatchOperation</code></a>&lt;<code>K</code>, <code>V</code>&gt; &amp; <code>object</code></p></blockquote><p>One operation that names no keyspace: it is in that whose batch it is part of.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h2 id="type-declaration" tabindex="-1">Type Declaration <a class="header-anchor" href="#type-declaration" aria-label="Permalink to &quot;Type Declaration&quot;">​</a></h2><h3 id="in" tabindex="-1">in? <a class="header-anchor" href="#in" aria-label="Permalink to &quot;in?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>in?</strong>: <code>never</code></p></blockquote></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/OwnOperation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const OwnOperation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  OwnOperation as default
};
