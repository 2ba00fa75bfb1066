import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ReadOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ReadOptions.md","filePath":"reference/index/interfaces/ReadOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/ReadOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-readoptions" tabindex="-1">Interface: ReadOptions <a class="header-anchor" href="#interface-readoptions" aria-label="Permalink to &quot;Interface: ReadOptions&quot;">​</a></h1><p>Options of a read.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./DatabaseScanOptions"><code>DatabaseScanOptions</code></a></li><li><a href="./IndexScanOptions"><code>IndexScanOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="snapshot" tabindex="-1">snapshot? <a class="header-anchor" href="#snapshot" aria-label="Permalink to &quot;snapshot?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>snapshot?</strong>: <a href="./../classes/Snapshot"><code>Snapshot</code></a></p></blockquote><p>Reads what this snapshot sees; the newest published state otherwise.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ReadOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ReadOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ReadOptions as default
};
