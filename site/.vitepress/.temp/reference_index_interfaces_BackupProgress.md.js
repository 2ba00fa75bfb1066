import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupProgress","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupProgress.md","filePath":"reference/index/interfaces/BackupProgress.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupProgress.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupprogress" tabindex="-1">Interface: BackupProgress <a class="header-anchor" href="#interface-backupprogress" aria-label="Permalink to &quot;Interface: BackupProgress&quot;">​</a></h1><p>How far a call has come.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bytes" tabindex="-1">bytes <a class="header-anchor" href="#bytes" aria-label="Permalink to &quot;bytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytes</strong>: <code>number</code></p></blockquote><p>Bytes of these files.</p><hr><h3 id="bytesdone" tabindex="-1">bytesDone <a class="header-anchor" href="#bytesdone" aria-label="Permalink to &quot;bytesDone&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bytesDone</strong>: <code>number</code></p></blockquote><p>Bytes that are done; those that need not be moved are done at once.</p><hr><h3 id="files" tabindex="-1">files <a class="header-anchor" href="#files" aria-label="Permalink to &quot;files&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>files</strong>: <code>number</code></p></blockquote><p>Files of this phase.</p><hr><h3 id="filesdone" tabindex="-1">filesDone <a class="header-anchor" href="#filesdone" aria-label="Permalink to &quot;filesDone&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>filesDone</strong>: <code>number</code></p></blockquote><p>Files that are done.</p><hr><h3 id="phase" tabindex="-1">phase <a class="header-anchor" href="#phase" aria-label="Permalink to &quot;phase&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>phase</strong>: <code>&quot;looking&quot;</code> | <code>&quot;moving&quot;</code> | <code>&quot;checking&quot;</code></p></blockquote><p>What it is at: reading what is there, moving bytes, or checking them.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupProgress.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupProgress = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupProgress as default
};
