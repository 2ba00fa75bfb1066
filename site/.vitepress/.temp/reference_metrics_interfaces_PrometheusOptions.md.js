import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: PrometheusOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/interfaces/PrometheusOptions.md","filePath":"reference/metrics/interfaces/PrometheusOptions.md"}');
const _sfc_main = { name: "reference/metrics/interfaces/PrometheusOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-prometheusoptions" tabindex="-1">Interface: PrometheusOptions <a class="header-anchor" href="#interface-prometheusoptions" aria-label="Permalink to &quot;Interface: PrometheusOptions&quot;">​</a></h1><p>Options of <code>prometheusText</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="names" tabindex="-1">names? <a class="header-anchor" href="#names" aria-label="Permalink to &quot;names?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>names?</strong>: readonly <code>string</code>[]</p></blockquote><p>What tells several databases apart, by name; each is the value of a label <code>database</code>. Default: their locations.</p><hr><h3 id="prefix" tabindex="-1">prefix? <a class="header-anchor" href="#prefix" aria-label="Permalink to &quot;prefix?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>prefix?</strong>: <code>string</code></p></blockquote><p>What names begin with; letters, digits and underscores. Default <code>&#39;varve&#39;</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/interfaces/PrometheusOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PrometheusOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PrometheusOptions as default
};
