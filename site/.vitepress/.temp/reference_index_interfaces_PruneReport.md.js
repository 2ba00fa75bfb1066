import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: PruneReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/PruneReport.md","filePath":"reference/index/interfaces/PruneReport.md"}');
const _sfc_main = { name: "reference/index/interfaces/PruneReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-prunereport" tabindex="-1">Interface: PruneReport <a class="header-anchor" href="#interface-prunereport" aria-label="Permalink to &quot;Interface: PruneReport&quot;">​</a></h1><p>The report of a prune.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bytes" tabindex="-1">bytes <a class="header-anchor" href="#bytes" aria-label="Permalink to &quot;bytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytes</strong>: <code>number</code></p></blockquote><p>Their bytes.</p><hr><h3 id="kept" tabindex="-1">kept <a class="header-anchor" href="#kept" aria-label="Permalink to &quot;kept&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>kept</strong>: readonly <code>string</code>[]</p></blockquote><p>Names of those that stay, oldest first.</p><hr><h3 id="objects" tabindex="-1">objects <a class="header-anchor" href="#objects" aria-label="Permalink to &quot;objects&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>objects</strong>: <code>number</code></p></blockquote><p>Objects that went: content of files, pieces of archives, and what was left of killed backups.</p><hr><h3 id="removed" tabindex="-1">removed <a class="header-anchor" href="#removed" aria-label="Permalink to &quot;removed&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>removed</strong>: readonly <code>string</code>[]</p></blockquote><p>Names of the backups that went, oldest first.</p><hr><h3 id="waitingfor" tabindex="-1">waitingFor <a class="header-anchor" href="#waitingfor" aria-label="Permalink to &quot;waitingFor&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>waitingFor</strong>: <code>number</code></p></blockquote><p>Backups that were at work: because of them no object went. The next prune sees to it.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/PruneReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PruneReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PruneReport as default
};
