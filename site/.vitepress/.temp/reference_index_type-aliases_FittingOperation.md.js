import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: FittingOperation<K, V, T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/FittingOperation.md","filePath":"reference/index/type-aliases/FittingOperation.md"}');
const _sfc_main = { name: "reference/index/type-aliases/FittingOperation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-fittingoperation-k-v-t" tabindex="-1">Type Alias: FittingOperation&lt;K, V, T&gt; <a class="header-anchor" href="#type-alias-fittingoperation-k-v-t" aria-label="Permalink to &quot;Type Alias: FittingOperation\\&lt;K, V, T\\&gt;&quot;">​</a></h1><blockquote><p><strong>FittingOperation</strong>&lt;<code>K</code>, <code>V</code>, <code>T</code>&gt; = <code>T</code> <em>extends</em> <code>unknown</code> ? [<a href="./ExpectedOperation"><code>ExpectedOperation</code></a>&lt;<code>K</code>, <code>V</code>, <code>T</code>&gt;] <em>extends</em> [<code>never</code>] ? <code>T</code> : <code>never</code> : <code>never</code></p></blockquote><p><code>T</code> without what is not as it should be.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/FittingOperation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const FittingOperation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  FittingOperation as default
};
