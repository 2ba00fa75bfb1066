import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: ResultFor<T, O>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/ResultFor.md","filePath":"reference/index/type-aliases/ResultFor.md"}');
const _sfc_main = { name: "reference/index/type-aliases/ResultFor.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-resultfor-t-o" tabindex="-1">Type Alias: ResultFor&lt;T, O&gt; <a class="header-anchor" href="#type-alias-resultfor-t-o" aria-label="Permalink to &quot;Type Alias: ResultFor\\&lt;T, O\\&gt;&quot;">​</a></h1><blockquote><p><strong>ResultFor</strong>&lt;<code>T</code>, <code>O</code>&gt; = <code>O</code> <em>extends</em> <code>object</code> ? <code>T</code> | <code>undefined</code> : <code>T</code></p></blockquote><p>The result of <code>transaction</code>: undefined when a commitId was applied before, and the body not run.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p><h3 id="o" tabindex="-1">O <a class="header-anchor" href="#o" aria-label="Permalink to &quot;O&quot;">​</a></h3><p><code>O</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/ResultFor.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ResultFor = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ResultFor as default
};
