import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ObserverLike","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/interfaces/ObserverLike.md","filePath":"reference/metrics/interfaces/ObserverLike.md"}');
const _sfc_main = { name: "reference/metrics/interfaces/ObserverLike.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-observerlike" tabindex="-1">Interface: ObserverLike <a class="header-anchor" href="#interface-observerlike" aria-label="Permalink to &quot;Interface: ObserverLike&quot;">​</a></h1><p>Takes what is observed; as the callback of <code>@opentelemetry/api</code> is given it.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="observe" tabindex="-1">observe() <a class="header-anchor" href="#observe" aria-label="Permalink to &quot;observe()&quot;">​</a></h3><blockquote><p><strong>observe</strong>(<code>instrument</code>, <code>value</code>, <code>attributes?</code>): <code>void</code></p></blockquote><p>A number for an instrument.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="instrument" tabindex="-1">instrument <a class="header-anchor" href="#instrument" aria-label="Permalink to &quot;instrument&quot;">​</a></h5><p><code>object</code></p><h5 id="value" tabindex="-1">value <a class="header-anchor" href="#value" aria-label="Permalink to &quot;value&quot;">​</a></h5><p><code>number</code></p><h5 id="attributes" tabindex="-1">attributes? <a class="header-anchor" href="#attributes" aria-label="Permalink to &quot;attributes?&quot;">​</a></h5><p><code>Record</code>&lt;<code>string</code>, <code>string</code>&gt;</p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>void</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/interfaces/ObserverLike.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ObserverLike = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ObserverLike as default
};
