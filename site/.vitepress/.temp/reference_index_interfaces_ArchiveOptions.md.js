import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ArchiveOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ArchiveOptions.md","filePath":"reference/index/interfaces/ArchiveOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/ArchiveOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-archiveoptions" tabindex="-1">Interface: ArchiveOptions <a class="header-anchor" href="#interface-archiveoptions" aria-label="Permalink to &quot;Interface: ArchiveOptions&quot;">​</a></h1><p>Options of <code>archive</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bytespersecond" tabindex="-1">bytesPerSecond? <a class="header-anchor" href="#bytespersecond" aria-label="Permalink to &quot;bytesPerSecond?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>bytesPerSecond?</strong>: <code>number</code></p></blockquote><p>At most so many bytes a second are moved; 1,024 or more. Default: as fast as it goes.</p><hr><h3 id="holdbytes" tabindex="-1">holdBytes? <a class="header-anchor" href="#holdbytes" aria-label="Permalink to &quot;holdBytes?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>holdBytes?</strong>: <code>number</code></p></blockquote><p>Bytes of logs that stay on the disk while the store cannot be reached; default 1 GiB. Beyond it the archive begins anew with a backup when the store is back, and the commits between cannot be restored one by one.</p><hr><h3 id="intervalms" tabindex="-1">intervalMs? <a class="header-anchor" href="#intervalms" aria-label="Permalink to &quot;intervalMs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>intervalMs?</strong>: <code>number</code></p></blockquote><p>How long it waits from one shipment to the next, in milliseconds; 10 to an hour, default 2,000.</p><hr><h3 id="onprogress" tabindex="-1">onProgress? <a class="header-anchor" href="#onprogress" aria-label="Permalink to &quot;onProgress?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>onProgress?</strong>: <a href="./../type-aliases/ProgressListener"><code>ProgressListener</code></a></p></blockquote><p>Hears how far a backup of the archive has come. What it throws becomes a process warning.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the start of the archive with AbortedError. One that runs is ended by <code>close</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ArchiveOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ArchiveOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ArchiveOptions as default
};
