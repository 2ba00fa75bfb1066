import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: CheckedOperations<K, V, O>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/CheckedOperations.md","filePath":"reference/index/type-aliases/CheckedOperations.md"}');
const _sfc_main = { name: "reference/index/type-aliases/CheckedOperations.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-checkedoperations-k-v-o" tabindex="-1">Type Alias: CheckedOperations&lt;K, V, O&gt; <a class="header-anchor" href="#type-alias-checkedoperations-k-v-o" aria-label="Permalink to &quot;Type Alias: CheckedOperations\\&lt;K, V, O\\&gt;&quot;">​</a></h1><blockquote><p><strong>CheckedOperations</strong>&lt;<code>K</code>, <code>V</code>, <code>O</code>&gt; = <a href="./../interfaces/ElementByElement"><code>ElementByElement</code></a> &amp; { readonly [I in keyof O]: FittingOperation&lt;K, V, O[I]&gt; | ExpectedOperation&lt;K, V, O[I]&gt; }</p></blockquote><p>The type that each of the operations must have: that of the keyspace that it names, or <code>K</code> and <code>V</code>.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h3 id="o" tabindex="-1">O <a class="header-anchor" href="#o" aria-label="Permalink to &quot;O&quot;">​</a></h3><p><code>O</code> <em>extends</em> readonly <code>object</code>[]</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/CheckedOperations.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CheckedOperations = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CheckedOperations as default
};
