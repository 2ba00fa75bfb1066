import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupInfo","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupInfo.md","filePath":"reference/index/interfaces/BackupInfo.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupInfo.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupinfo" tabindex="-1">Interface: BackupInfo <a class="header-anchor" href="#interface-backupinfo" aria-label="Permalink to &quot;Interface: BackupInfo&quot;">​</a></h1><p>A backup, as <code>listBackups</code> shows it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bytes" tabindex="-1">bytes <a class="header-anchor" href="#bytes" aria-label="Permalink to &quot;bytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytes</strong>: <code>number</code></p></blockquote><p>Their bytes; backups share them.</p><hr><h3 id="database" tabindex="-1">database <a class="header-anchor" href="#database" aria-label="Permalink to &quot;database&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>database</strong>: <code>string</code></p></blockquote><p>The id of the database that it is of.</p><hr><h3 id="files" tabindex="-1">files <a class="header-anchor" href="#files" aria-label="Permalink to &quot;files&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>files</strong>: <code>number</code></p></blockquote><p>Files of the database.</p><hr><h3 id="made" tabindex="-1">made <a class="header-anchor" href="#made" aria-label="Permalink to &quot;made&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>made</strong>: <code>Date</code></p></blockquote><p>When it was made, by the clock of its maker.</p><hr><h3 id="name" tabindex="-1">name <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>name</strong>: <code>string</code></p></blockquote><p>The name by which it is restored.</p><hr><h3 id="problem" tabindex="-1">problem <a class="header-anchor" href="#problem" aria-label="Permalink to &quot;problem&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>problem</strong>: <code>string</code> | <code>undefined</code></p></blockquote><p>Why its record cannot be read; undefined when it can. Files and bytes are 0 then.</p><hr><h3 id="sequence" tabindex="-1">sequence <a class="header-anchor" href="#sequence" aria-label="Permalink to &quot;sequence&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sequence</strong>: <code>number</code></p></blockquote><p>The last operation in it.</p><hr><h3 id="time" tabindex="-1">time <a class="header-anchor" href="#time" aria-label="Permalink to &quot;time&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>time</strong>: <code>Date</code></p></blockquote><p>No commit in it is newer.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupInfo.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupInfo = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupInfo as default
};
