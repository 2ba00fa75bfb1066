import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: StatsSource","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/interfaces/StatsSource.md","filePath":"reference/metrics/interfaces/StatsSource.md"}');
const _sfc_main = { name: "reference/metrics/interfaces/StatsSource.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-statssource" tabindex="-1">Interface: StatsSource <a class="header-anchor" href="#interface-statssource" aria-label="Permalink to &quot;Interface: StatsSource&quot;">​</a></h1><p>What metrics are made of: a database, or anything that answers as one.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="stats" tabindex="-1">stats() <a class="header-anchor" href="#stats" aria-label="Permalink to &quot;stats()&quot;">​</a></h3><blockquote><p><strong>stats</strong>(): <a href="./../../index/interfaces/DatabaseStats"><code>DatabaseStats</code></a></p></blockquote><p>The statistics, as <code>db.stats()</code> returns them.</p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><a href="./../../index/interfaces/DatabaseStats"><code>DatabaseStats</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/interfaces/StatsSource.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StatsSource = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StatsSource as default
};
