import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: DocumentIndex","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/DocumentIndex.md","filePath":"reference/documents/interfaces/DocumentIndex.md"}');
const _sfc_main = { name: "reference/documents/interfaces/DocumentIndex.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-documentindex" tabindex="-1">Interface: DocumentIndex <a class="header-anchor" href="#interface-documentindex" aria-label="Permalink to &quot;Interface: DocumentIndex&quot;">​</a></h1><p>An index of a collection.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="on" tabindex="-1">on <a class="header-anchor" href="#on" aria-label="Permalink to &quot;on&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>on</strong>: readonly <code>string</code>[]</p></blockquote><p>Paths of its values, in their order: <code>[&#39;country&#39;, &#39;address.city&#39;]</code>. One of them may go through an array, <code>&#39;tags[]&#39;</code> or <code>&#39;items[].sku&#39;</code>: then a document has an entry for each element.</p><hr><h3 id="unique" tabindex="-1">unique? <a class="header-anchor" href="#unique" aria-label="Permalink to &quot;unique?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>unique?</strong>: <code>boolean</code></p></blockquote><p>No two documents have the same values; documents with null or without one of them may. Default false.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/DocumentIndex.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DocumentIndex = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DocumentIndex as default
};
