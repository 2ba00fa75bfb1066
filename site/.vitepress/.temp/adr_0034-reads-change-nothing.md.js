import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0034: An open that only reads changes nothing, and a close records its end","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0034-reads-change-nothing.md","filePath":"adr/0034-reads-change-nothing.md"}');
const _sfc_main = { name: "adr/0034-reads-change-nothing.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0034-an-open-that-only-reads-changes-nothing-and-a-close-records-its-end" tabindex="-1">0034: An open that only reads changes nothing, and a close records its end <a class="header-anchor" href="#_0034-an-open-that-only-reads-changes-nothing-and-a-close-records-its-end" aria-label="Permalink to &quot;0034: An open that only reads changes nothing, and a close records its end&quot;">​</a></h1><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Each open wrote a new manifest and a new log, also for <code>varve get</code>. A script that looks at a database once a minute wrote, synced and removed files each time, and every open left one more empty log for the next open to read.</p><p>A log that was cut exactly after its header, or between two frames, looked like a log that never held more. Frames prove what came before them; nothing proved what came last.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>The engine starts its manifest and its first log when the first edit or commit wants them. Until then it reads. Files change at an open only where something is to be mended: a torn tail is cut, files that nothing names are removed.</li><li>A file is removed only after the manifest, and the directory with the entry of CURRENT, were synced: after a kill the edits that replaced the file may be in the page cache alone. A sync changes no byte.</li><li>The first edit looks whether CURRENT and the manifest are those that the open read. So a backup that is laid over an open database is noticed as before.</li><li>Logs that hold nothing are dropped by the edit that names the first new log.</li><li>A close records the last sequence that tables and logs hold, after the logs were synced, when the process has written and something is in logs alone. The next open, <code>verify</code> and <code>repair</code> hold the logs against it.</li></ul><h2 id="consequences" tabindex="-1">Consequences <a class="header-anchor" href="#consequences" aria-label="Permalink to &quot;Consequences&quot;">​</a></h2><ul><li>An open without anything to mend writes and syncs no new file. The first commit after it pays instead: a manifest, a log and their syncs, once.</li><li>A close that has written costs one more edit and its sync. Without the record, as after a crash, on a full disk or when everything is in tables, the next open knows what it knew before.</li><li>After a crash the end of the last log is still proven only as far as its frames state what was durable.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0034-reads-change-nothing.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0034ReadsChangeNothing = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0034ReadsChangeNothing as default
};
