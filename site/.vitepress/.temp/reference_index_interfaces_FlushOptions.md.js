import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: FlushOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/FlushOptions.md","filePath":"reference/index/interfaces/FlushOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/FlushOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-flushoptions" tabindex="-1">Interface: FlushOptions <a class="header-anchor" href="#interface-flushoptions" aria-label="Permalink to &quot;Interface: FlushOptions&quot;">​</a></h1><p>Options of <code>flush</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the wait with AbortedError; a flush that has begun goes on.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/FlushOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const FlushOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  FlushOptions as default
};
