import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupCallOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupCallOptions.md","filePath":"reference/index/interfaces/BackupCallOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupCallOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupcalloptions" tabindex="-1">Interface: BackupCallOptions <a class="header-anchor" href="#interface-backupcalloptions" aria-label="Permalink to &quot;Interface: BackupCallOptions&quot;">​</a></h1><p>Options that all calls on a store take.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./ListBackupsOptions"><code>ListBackupsOptions</code></a></li><li><a href="./RestoreOptions"><code>RestoreOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bytespersecond" tabindex="-1">bytesPerSecond? <a class="header-anchor" href="#bytespersecond" aria-label="Permalink to &quot;bytesPerSecond?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>bytesPerSecond?</strong>: <code>number</code></p></blockquote><p>At most so many bytes a second are moved; 1,024 or more. Default: as fast as it goes.</p><hr><h3 id="onprogress" tabindex="-1">onProgress? <a class="header-anchor" href="#onprogress" aria-label="Permalink to &quot;onProgress?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>onProgress?</strong>: <a href="./../type-aliases/ProgressListener"><code>ProgressListener</code></a></p></blockquote><p>Hears how far the call has come. What it throws becomes a process warning.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the call with AbortedError.</p><hr><h3 id="vfs" tabindex="-1">vfs? <a class="header-anchor" href="#vfs" aria-label="Permalink to &quot;vfs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>vfs?</strong>: <a href="./Vfs"><code>Vfs</code></a></p></blockquote><p>Where directories live; the operating system&#39;s by default.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupCallOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupCallOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupCallOptions as default
};
