import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Class: Archive","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/classes/Archive.md","filePath":"reference/index/classes/Archive.md"}');
const _sfc_main = { name: "reference/index/classes/Archive.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="class-archive" tabindex="-1">Class: Archive <a class="header-anchor" href="#class-archive" aria-label="Permalink to &quot;Class: Archive&quot;">​</a></h1><p>A running archive. Made by <code>db.archive</code>; it goes on until it is closed, or the database is, which ships what is left. It keeps no process alive.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="asyncdispose" tabindex="-1">[asyncDispose]() <a class="header-anchor" href="#asyncdispose" aria-label="Permalink to &quot;\\[asyncDispose\\]()&quot;">​</a></h3><blockquote><p><strong>[asyncDispose]</strong>(): <code>Promise</code>&lt;<code>void</code>&gt;</p></blockquote><p>As <code>close</code>; for <code>await using</code>.</p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>Promise</code>&lt;<code>void</code>&gt;</p><hr><h3 id="close" tabindex="-1">close() <a class="header-anchor" href="#close" aria-label="Permalink to &quot;close()&quot;">​</a></h3><blockquote><p><strong>close</strong>(): <code>Promise</code>&lt;<code>void</code>&gt;</p></blockquote><p>Ships what is left and ends the archive. Rejects when that fails; the archive has ended all the same. Idempotent.</p><h4 id="returns-1" tabindex="-1">Returns <a class="header-anchor" href="#returns-1" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>Promise</code>&lt;<code>void</code>&gt;</p><hr><h3 id="ship" tabindex="-1">ship() <a class="header-anchor" href="#ship" aria-label="Permalink to &quot;ship()&quot;">​</a></h3><blockquote><p><strong>ship</strong>(): <code>Promise</code>&lt;<code>void</code>&gt;</p></blockquote><p>Ships at once. When it resolves, everything that was acknowledged before the call can be restored.</p><h4 id="returns-2" tabindex="-1">Returns <a class="header-anchor" href="#returns-2" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>Promise</code>&lt;<code>void</code>&gt;</p><hr><h3 id="stats" tabindex="-1">stats() <a class="header-anchor" href="#stats" aria-label="Permalink to &quot;stats()&quot;">​</a></h3><blockquote><p><strong>stats</strong>(): <a href="./../interfaces/ArchiveStats"><code>ArchiveStats</code></a></p></blockquote><p>How far it is, how far behind, and why the last shipment failed, if it did.</p><h4 id="returns-3" tabindex="-1">Returns <a class="header-anchor" href="#returns-3" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><a href="./../interfaces/ArchiveStats"><code>ArchiveStats</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/classes/Archive.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Archive = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Archive as default
};
