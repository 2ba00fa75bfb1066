import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupPutOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupPutOptions.md","filePath":"reference/index/interfaces/BackupPutOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupPutOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupputoptions" tabindex="-1">Interface: BackupPutOptions <a class="header-anchor" href="#interface-backupputoptions" aria-label="Permalink to &quot;Interface: BackupPutOptions&quot;">​</a></h1><p>What <code>put</code> is told beside name and content.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="signal" tabindex="-1">signal <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>signal</strong>: <code>AbortSignal</code></p></blockquote><p>Aborted when the call that puts has ended early: the store may give up.</p><hr><h3 id="sizebytes" tabindex="-1">sizeBytes <a class="header-anchor" href="#sizebytes" aria-label="Permalink to &quot;sizeBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sizeBytes</strong>: <code>number</code></p></blockquote><p>How many bytes the content has.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupPutOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupPutOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupPutOptions as default
};
