import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Page<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/Page.md","filePath":"reference/documents/interfaces/Page.md"}');
const _sfc_main = { name: "reference/documents/interfaces/Page.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-page-t" tabindex="-1">Interface: Page&lt;T&gt; <a class="header-anchor" href="#interface-page-t" aria-label="Permalink to &quot;Interface: Page\\&lt;T\\&gt;&quot;">​</a></h1><p>Some documents in the order of their query, and where the next ones begin.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cursor" tabindex="-1">cursor <a class="header-anchor" href="#cursor" aria-label="Permalink to &quot;cursor&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>cursor</strong>: <code>string</code> | <code>undefined</code></p></blockquote><p>For <code>after</code> of the same query; undefined when there are no more.</p><hr><h3 id="documents" tabindex="-1">documents <a class="header-anchor" href="#documents" aria-label="Permalink to &quot;documents&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>documents</strong>: <a href="./../type-aliases/Document"><code>Document</code></a>&lt;<code>T</code>&gt;[]</p></blockquote><p>At most <code>limit</code> of them.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/Page.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Page = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Page as default
};
