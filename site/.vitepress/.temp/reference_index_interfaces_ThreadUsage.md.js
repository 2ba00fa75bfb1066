import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ThreadUsage","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ThreadUsage.md","filePath":"reference/index/interfaces/ThreadUsage.md"}');
const _sfc_main = { name: "reference/index/interfaces/ThreadUsage.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-threadusage" tabindex="-1">Interface: ThreadUsage <a class="header-anchor" href="#interface-threadusage" aria-label="Permalink to &quot;Interface: ThreadUsage&quot;">​</a></h1><p>What one thread does, and what waits for it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="commitcount" tabindex="-1">commitCount <a class="header-anchor" href="#commitcount" aria-label="Permalink to &quot;commitCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>commitCount</strong>: <code>number</code></p></blockquote><p>Commits of the thread.</p><hr><h3 id="thread" tabindex="-1">thread <a class="header-anchor" href="#thread" aria-label="Permalink to &quot;thread&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>thread</strong>: <code>number</code></p></blockquote><p>Its number among those that are attached.</p><hr><h3 id="viewcount" tabindex="-1">viewCount <a class="header-anchor" href="#viewcount" aria-label="Permalink to &quot;viewCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>viewCount</strong>: <code>number</code></p></blockquote><p>Views that the thread has taken, about. Those between two commits count as one.</p><hr><h3 id="waitingmemtablebytes" tabindex="-1">waitingMemtableBytes <a class="header-anchor" href="#waitingmemtablebytes" aria-label="Permalink to &quot;waitingMemtableBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>waitingMemtableBytes</strong>: <code>number</code></p></blockquote><p>Bytes of the memtables that only such states have.</p><hr><h3 id="waitingstatecount" tabindex="-1">waitingStateCount <a class="header-anchor" href="#waitingstatecount" aria-label="Permalink to &quot;waitingStateCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>waitingStateCount</strong>: <code>number</code></p></blockquote><p>States that are no longer current, and that the thread uses.</p><hr><h3 id="waitingtablebytes" tabindex="-1">waitingTableBytes <a class="header-anchor" href="#waitingtablebytes" aria-label="Permalink to &quot;waitingTableBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>waitingTableBytes</strong>: <code>number</code></p></blockquote><p>Bytes of these tables.</p><hr><h3 id="waitingtablecount" tabindex="-1">waitingTableCount <a class="header-anchor" href="#waitingtablecount" aria-label="Permalink to &quot;waitingTableCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>waitingTableCount</strong>: <code>number</code></p></blockquote><p>Tables that only such states have.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ThreadUsage.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ThreadUsage = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ThreadUsage as default
};
