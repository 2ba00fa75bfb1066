import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: FindOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/FindOptions.md","filePath":"reference/graph/interfaces/FindOptions.md"}');
const _sfc_main = { name: "reference/graph/interfaces/FindOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-findoptions" tabindex="-1">Interface: FindOptions <a class="header-anchor" href="#interface-findoptions" aria-label="Permalink to &quot;Interface: FindOptions&quot;">​</a></h1><p>Options of what finds nodes.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="limit" tabindex="-1">limit? <a class="header-anchor" href="#limit" aria-label="Permalink to &quot;limit?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>limit?</strong>: <code>number</code></p></blockquote><p>At most this many.</p><hr><h3 id="reverse" tabindex="-1">reverse? <a class="header-anchor" href="#reverse" aria-label="Permalink to &quot;reverse?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>reverse?</strong>: <code>boolean</code></p></blockquote><p>From the last to the first. Default false.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the read with AbortedError.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/FindOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const FindOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  FindOptions as default
};
