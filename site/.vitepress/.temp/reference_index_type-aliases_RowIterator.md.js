import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: RowIterator<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/RowIterator.md","filePath":"reference/index/type-aliases/RowIterator.md"}');
const _sfc_main = { name: "reference/index/type-aliases/RowIterator.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-rowiterator-t" tabindex="-1">Type Alias: RowIterator&lt;T&gt; <a class="header-anchor" href="#type-alias-rowiterator-t" aria-label="Permalink to &quot;Type Alias: RowIterator\\&lt;T\\&gt;&quot;">​</a></h1><blockquote><p><strong>RowIterator</strong>&lt;<code>T</code>&gt; = <code>AsyncIterator</code>&lt;<code>T</code>, <code>undefined</code>&gt; &amp; <code>AsyncIterable</code>&lt;<code>T</code>&gt;</p></blockquote><p>An iterator that a <code>for await</code> loop takes, with the helpers of the language where it has them.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/RowIterator.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RowIterator = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RowIterator as default
};
