import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Source<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/Source.md","filePath":"reference/graph/type-aliases/Source.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/Source.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-source-t" tabindex="-1">Type Alias: Source&lt;T&gt; <a class="header-anchor" href="#type-alias-source-t" aria-label="Permalink to &quot;Type Alias: Source\\&lt;T\\&gt;&quot;">​</a></h1><blockquote><p><strong>Source</strong>&lt;<code>T</code>&gt; = <code>Iterable</code>&lt;<code>T</code>&gt; | <code>AsyncIterable</code>&lt;<code>T</code>&gt;</p></blockquote><p>Nodes or edges, however they come.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/Source.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Source = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Source as default
};
