import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: RestoreReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/RestoreReport.md","filePath":"reference/index/interfaces/RestoreReport.md"}');
const _sfc_main = { name: "reference/index/interfaces/RestoreReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-restorereport" tabindex="-1">Interface: RestoreReport <a class="header-anchor" href="#interface-restorereport" aria-label="Permalink to &quot;Interface: RestoreReport&quot;">​</a></h1><p>The report of a finished restore.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="backup" tabindex="-1">backup <a class="header-anchor" href="#backup" aria-label="Permalink to &quot;backup&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>backup</strong>: <code>string</code></p></blockquote><p>The backup that it began with.</p><hr><h3 id="bytes" tabindex="-1">bytes <a class="header-anchor" href="#bytes" aria-label="Permalink to &quot;bytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytes</strong>: <code>number</code></p></blockquote><p>Bytes that were read from the store.</p><hr><h3 id="files" tabindex="-1">files <a class="header-anchor" href="#files" aria-label="Permalink to &quot;files&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>files</strong>: <code>number</code></p></blockquote><p>Files that were written.</p><hr><h3 id="location" tabindex="-1">location <a class="header-anchor" href="#location" aria-label="Permalink to &quot;location&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>location</strong>: <code>string</code></p></blockquote><p>The directory, as an absolute path.</p><hr><h3 id="segments" tabindex="-1">segments <a class="header-anchor" href="#segments" aria-label="Permalink to &quot;segments&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>segments</strong>: <code>number</code></p></blockquote><p>Objects of the archive that were used.</p><hr><h3 id="sequence" tabindex="-1">sequence <a class="header-anchor" href="#sequence" aria-label="Permalink to &quot;sequence&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sequence</strong>: <code>number</code></p></blockquote><p>The last operation in the database.</p><hr><h3 id="time" tabindex="-1">time <a class="header-anchor" href="#time" aria-label="Permalink to &quot;time&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>time</strong>: <code>Date</code></p></blockquote><p>The time of its last commit, or that of the backup when there is none in its logs.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/RestoreReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RestoreReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RestoreReport as default
};
