import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Document<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/Document.md","filePath":"reference/documents/type-aliases/Document.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/Document.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-document-t" tabindex="-1">Type Alias: Document&lt;T&gt; <a class="header-anchor" href="#type-alias-document-t" aria-label="Permalink to &quot;Type Alias: Document\\&lt;T\\&gt;&quot;">​</a></h1><blockquote><p><strong>Document</strong>&lt;<code>T</code>&gt; = <code>T</code> &amp; <code>object</code></p></blockquote><p>A document as it is read: its fields, and its id.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p><h2 id="type-declaration" tabindex="-1">Type Declaration <a class="header-anchor" href="#type-declaration" aria-label="Permalink to &quot;Type Declaration&quot;">​</a></h2><h3 id="id" tabindex="-1">id <a class="header-anchor" href="#id" aria-label="Permalink to &quot;id&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>id</strong>: <code>string</code></p></blockquote><p>Unique in the collection.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/Document.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Document = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Document as default
};
