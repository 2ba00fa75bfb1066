import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0005: Fsync policy","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0005-fsync.md","filePath":"adr/0005-fsync.md"}');
const _sfc_main = { name: "adr/0005-fsync.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0005-fsync-policy" tabindex="-1">0005: Fsync policy <a class="header-anchor" href="#_0005-fsync-policy" aria-label="Permalink to &quot;0005: Fsync policy&quot;">​</a></h1><p>Accepted.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>A commit that must survive a power cut costs one <code>fdatasync</code>, some 0.12 to 0.2 ms on the test machine and up to milliseconds on others. It must not stop the event loop, and many callers must share it.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li><strong>Group commit without timers.</strong> A group starts at the next tick. While its sync runs in the thread pool, the next one collects. One promise for each group.</li><li><strong><code>writeSync</code>, then asynchronous <code>fdatasync</code></strong>, from the main thread.</li><li><strong>Zero-ahead.</strong> The log is filled with zeros 256 KiB ahead, so that a sync does not have to record a new file size.</li><li><strong>A failed sync is final.</strong> It is not tried again; the database stops writing, and reopening decides from the files.</li><li><strong>Each frame states what was durable when it was written</strong>, and an idle log ends with a durable mark. That is how recovery tells a torn tail from damage.</li><li><strong>Logs are not reused, nor appended to after recovery.</strong> The end of an old log is synced before the next one is used.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><table tabindex="0"><thead><tr><th></th><th>syncs a second, 107 B groups</th><th></th></tr></thead><tbody><tr><td>growing file</td><td>4486</td><td></td></tr><tr><td>zeros 256 KiB ahead</td><td>8820</td><td>twice the bytes, no longer tails</td></tr><tr><td>zeros 4 MiB ahead</td><td>7223</td><td>up to 12 ms for one sync of a 55 KB group</td></tr><tr><td>recycled logs</td><td>7681</td><td>stale frames look valid; later, perhaps</td></tr></tbody></table><ul><li><strong>A synchronous <code>fdatasync</code></strong>: 7.3 k against 4.9 k commits a second for one caller, 223 k against 138 k for 32; but work beside it fell from 5 million operations a second to 0.6 million.</li><li><strong>A worker thread for the log</strong>: never faster, and it burns a core.</li><li><strong><code>O_DSYNC</code>, <code>O_DIRECT</code></strong>: within noise; the latter needs aligned memory.</li><li><strong>A timer that collects</strong>: adds its own delay for one caller, and nothing for many.</li><li><strong>Retrying a failed sync</strong>: the kernel may have dropped the pages and report success.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0005-fsync.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0005Fsync = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0005Fsync as default
};
