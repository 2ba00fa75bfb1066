import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupVerifyReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupVerifyReport.md","filePath":"reference/index/interfaces/BackupVerifyReport.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupVerifyReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupverifyreport" tabindex="-1">Interface: BackupVerifyReport <a class="header-anchor" href="#interface-backupverifyreport" aria-label="Permalink to &quot;Interface: BackupVerifyReport&quot;">​</a></h1><p>The report of a verification.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="backups" tabindex="-1">backups <a class="header-anchor" href="#backups" aria-label="Permalink to &quot;backups&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>backups</strong>: <code>number</code></p></blockquote><p>Backups that were checked.</p><hr><h3 id="bytes" tabindex="-1">bytes <a class="header-anchor" href="#bytes" aria-label="Permalink to &quot;bytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytes</strong>: <code>number</code></p></blockquote><p>Bytes that were read.</p><hr><h3 id="issound" tabindex="-1">isSound <a class="header-anchor" href="#issound" aria-label="Permalink to &quot;isSound&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>isSound</strong>: <code>boolean</code></p></blockquote><p>True when every backup, and every commit of the archives after them, can be restored.</p><hr><h3 id="objects" tabindex="-1">objects <a class="header-anchor" href="#objects" aria-label="Permalink to &quot;objects&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>objects</strong>: <code>number</code></p></blockquote><p>Objects that were read, each once.</p><hr><h3 id="problems" tabindex="-1">problems <a class="header-anchor" href="#problems" aria-label="Permalink to &quot;problems&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>problems</strong>: readonly <a href="./BackupProblem"><code>BackupProblem</code></a>[]</p></blockquote><p>All that is wrong.</p><hr><h3 id="segments" tabindex="-1">segments <a class="header-anchor" href="#segments" aria-label="Permalink to &quot;segments&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>segments</strong>: <code>number</code></p></blockquote><p>Segments of archives that were read.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupVerifyReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupVerifyReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupVerifyReport as default
};
