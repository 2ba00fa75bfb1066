import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: RotateKeyReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/RotateKeyReport.md","filePath":"reference/index/interfaces/RotateKeyReport.md"}');
const _sfc_main = { name: "reference/index/interfaces/RotateKeyReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-rotatekeyreport" tabindex="-1">Interface: RotateKeyReport <a class="header-anchor" href="#interface-rotatekeyreport" aria-label="Permalink to &quot;Interface: RotateKeyReport&quot;">​</a></h1><p>The report of a finished rotation.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="droppedcount" tabindex="-1">droppedCount <a class="header-anchor" href="#droppedcount" aria-label="Permalink to &quot;droppedCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>droppedCount</strong>: <code>number</code></p></blockquote><p>The keys that no file needed any more.</p><hr><h3 id="generationcount" tabindex="-1">generationCount <a class="header-anchor" href="#generationcount" aria-label="Permalink to &quot;generationCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>generationCount</strong>: <code>number</code></p></blockquote><p>The keys in the ring: the new one, and those that files still need.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/RotateKeyReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RotateKeyReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RotateKeyReport as default
};
