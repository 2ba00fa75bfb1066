import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: RepairOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/RepairOptions.md","filePath":"reference/index/interfaces/RepairOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/RepairOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-repairoptions" tabindex="-1">Interface: RepairOptions <a class="header-anchor" href="#interface-repairoptions" aria-label="Permalink to &quot;Interface: RepairOptions&quot;">​</a></h1><p>The options of <code>repair</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="encryption" tabindex="-1">encryption? <a class="header-anchor" href="#encryption" aria-label="Permalink to &quot;encryption?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>encryption?</strong>: <a href="./EncryptionOptions"><code>EncryptionOptions</code></a></p></blockquote><p>The key of an encrypted database, which the new one gets too.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the call with AbortedError, and removes the files of the new database.</p><hr><h3 id="vfs" tabindex="-1">vfs? <a class="header-anchor" href="#vfs" aria-label="Permalink to &quot;vfs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>vfs?</strong>: <a href="./Vfs"><code>Vfs</code></a></p></blockquote><p>Where files live; the operating system&#39;s by default.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/RepairOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RepairOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RepairOptions as default
};
