import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: CheckpointReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/CheckpointReport.md","filePath":"reference/index/interfaces/CheckpointReport.md"}');
const _sfc_main = { name: "reference/index/interfaces/CheckpointReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-checkpointreport" tabindex="-1">Interface: CheckpointReport <a class="header-anchor" href="#interface-checkpointreport" aria-label="Permalink to &quot;Interface: CheckpointReport&quot;">​</a></h1><p>The report of a finished checkpoint.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="location" tabindex="-1">location <a class="header-anchor" href="#location" aria-label="Permalink to &quot;location&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>location</strong>: <code>string</code></p></blockquote><p>The directory of the copy, as an absolute path.</p><hr><h3 id="logcount" tabindex="-1">logCount <a class="header-anchor" href="#logcount" aria-label="Permalink to &quot;logCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>logCount</strong>: <code>number</code></p></blockquote><p>Logs in the copy.</p><hr><h3 id="logsizebytes" tabindex="-1">logSizeBytes <a class="header-anchor" href="#logsizebytes" aria-label="Permalink to &quot;logSizeBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>logSizeBytes</strong>: <code>number</code></p></blockquote><p>Bytes of these logs, which are the copy&#39;s own.</p><hr><h3 id="sequence" tabindex="-1">sequence <a class="header-anchor" href="#sequence" aria-label="Permalink to &quot;sequence&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sequence</strong>: <code>number</code></p></blockquote><p>The last operation in the copy.</p><hr><h3 id="tablecount" tabindex="-1">tableCount <a class="header-anchor" href="#tablecount" aria-label="Permalink to &quot;tableCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>tableCount</strong>: <code>number</code></p></blockquote><p>Tables in the copy.</p><hr><h3 id="tablesizebytes" tabindex="-1">tableSizeBytes <a class="header-anchor" href="#tablesizebytes" aria-label="Permalink to &quot;tableSizeBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>tableSizeBytes</strong>: <code>number</code></p></blockquote><p>Bytes of these tables, which share the disk with the original where the file system links.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/CheckpointReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CheckpointReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CheckpointReport as default
};
