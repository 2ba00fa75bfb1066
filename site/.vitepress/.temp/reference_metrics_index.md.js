import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"metrics","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/index.md","filePath":"reference/metrics/index.md"}');
const _sfc_main = { name: "reference/metrics/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../"><strong>varve</strong></a></p><hr><h1 id="metrics" tabindex="-1">metrics <a class="header-anchor" href="#metrics" aria-label="Permalink to &quot;metrics&quot;">​</a></h1><h2 id="interfaces" tabindex="-1">Interfaces <a class="header-anchor" href="#interfaces" aria-label="Permalink to &quot;Interfaces&quot;">​</a></h2><ul><li><a href="./interfaces/EventSource">EventSource</a></li><li><a href="./interfaces/MeterLike">MeterLike</a></li><li><a href="./interfaces/ObserverLike">ObserverLike</a></li><li><a href="./interfaces/PrometheusOptions">PrometheusOptions</a></li><li><a href="./interfaces/SpanLike">SpanLike</a></li><li><a href="./interfaces/StatsSource">StatsSource</a></li><li><a href="./interfaces/TracerLike">TracerLike</a></li></ul><h2 id="type-aliases" tabindex="-1">Type Aliases <a class="header-anchor" href="#type-aliases" aria-label="Permalink to &quot;Type Aliases&quot;">​</a></h2><ul><li><a href="./type-aliases/ObservableLike">ObservableLike</a></li></ul><h2 id="functions" tabindex="-1">Functions <a class="header-anchor" href="#functions" aria-label="Permalink to &quot;Functions&quot;">​</a></h2><ul><li><a href="./functions/observeMetrics">observeMetrics</a></li><li><a href="./functions/prometheusContentType">prometheusContentType</a></li><li><a href="./functions/prometheusText">prometheusText</a></li><li><a href="./functions/traceEvents">traceEvents</a></li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
