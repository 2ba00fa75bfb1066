import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: SyncRowIterator<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/SyncRowIterator.md","filePath":"reference/index/type-aliases/SyncRowIterator.md"}');
const _sfc_main = { name: "reference/index/type-aliases/SyncRowIterator.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-syncrowiterator-t" tabindex="-1">Type Alias: SyncRowIterator&lt;T&gt; <a class="header-anchor" href="#type-alias-syncrowiterator-t" aria-label="Permalink to &quot;Type Alias: SyncRowIterator\\&lt;T\\&gt;&quot;">​</a></h1><blockquote><p><strong>SyncRowIterator</strong>&lt;<code>T</code>&gt; = <code>Iterator</code>&lt;<code>T</code>, <code>undefined</code>&gt; &amp; <code>Iterable</code>&lt;<code>T</code>&gt;</p></blockquote><p>The same for <code>for</code>.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/SyncRowIterator.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const SyncRowIterator = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  SyncRowIterator as default
};
