import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupReport.md","filePath":"reference/index/interfaces/BackupReport.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupreport" tabindex="-1">Interface: BackupReport <a class="header-anchor" href="#interface-backupreport" aria-label="Permalink to &quot;Interface: BackupReport&quot;">​</a></h1><p>The report of a finished backup.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bytes" tabindex="-1">bytes <a class="header-anchor" href="#bytes" aria-label="Permalink to &quot;bytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytes</strong>: <code>number</code></p></blockquote><p>Bytes of all files.</p><hr><h3 id="bytesnew" tabindex="-1">bytesNew <a class="header-anchor" href="#bytesnew" aria-label="Permalink to &quot;bytesNew&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytesNew</strong>: <code>number</code></p></blockquote><p>Those that were moved.</p><hr><h3 id="files" tabindex="-1">files <a class="header-anchor" href="#files" aria-label="Permalink to &quot;files&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>files</strong>: <code>number</code></p></blockquote><p>Files of the database in it.</p><hr><h3 id="filesnew" tabindex="-1">filesNew <a class="header-anchor" href="#filesnew" aria-label="Permalink to &quot;filesNew&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>filesNew</strong>: <code>number</code></p></blockquote><p>Those of which the store lacked something.</p><hr><h3 id="name" tabindex="-1">name <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>name</strong>: <code>string</code></p></blockquote><p>The name by which it is restored.</p><hr><h3 id="sequence" tabindex="-1">sequence <a class="header-anchor" href="#sequence" aria-label="Permalink to &quot;sequence&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sequence</strong>: <code>number</code></p></blockquote><p>The last operation in it.</p><hr><h3 id="time" tabindex="-1">time <a class="header-anchor" href="#time" aria-label="Permalink to &quot;time&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>time</strong>: <code>Date</code></p></blockquote><p>No commit in it is newer.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupReport as default
};
