import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Query<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/Query.md","filePath":"reference/documents/interfaces/Query.md"}');
const _sfc_main = { name: "reference/documents/interfaces/Query.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-query-t" tabindex="-1">Interface: Query&lt;T&gt; <a class="header-anchor" href="#interface-query-t" aria-label="Permalink to &quot;Interface: Query\\&lt;T\\&gt;&quot;">​</a></h1><p>Which documents, in which order, and how many.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./FindOptions"><code>FindOptions</code></a></li></ul><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="after" tabindex="-1">after? <a class="header-anchor" href="#after" aria-label="Permalink to &quot;after?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>after?</strong>: <code>string</code></p></blockquote><p>The cursor of the page before.</p><hr><h3 id="limit" tabindex="-1">limit? <a class="header-anchor" href="#limit" aria-label="Permalink to &quot;limit?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>limit?</strong>: <code>number</code></p></blockquote><p>At most this many: a whole number from 0. Absent: all.</p><hr><h3 id="orderby" tabindex="-1">orderBy? <a class="header-anchor" href="#orderby" aria-label="Permalink to &quot;orderBy?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>orderBy?</strong>: <a href="./../type-aliases/OrderBy"><code>OrderBy</code></a></p></blockquote><p>Absent: by id. Documents with equal values are ordered by id, in the direction of the last value.</p><hr><h3 id="where" tabindex="-1">where? <a class="header-anchor" href="#where" aria-label="Permalink to &quot;where?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>where?</strong>: <a href="./../type-aliases/Where"><code>Where</code></a>&lt;<code>T</code>&gt;</p></blockquote><p>Absent: all.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/Query.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Query = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Query as default
};
