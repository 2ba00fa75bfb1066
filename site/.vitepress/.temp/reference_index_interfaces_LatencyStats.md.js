import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LatencyStats","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/LatencyStats.md","filePath":"reference/index/interfaces/LatencyStats.md"}');
const _sfc_main = { name: "reference/index/interfaces/LatencyStats.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-latencystats" tabindex="-1">Interface: LatencyStats <a class="header-anchor" href="#interface-latencystats" aria-label="Permalink to &quot;Interface: LatencyStats&quot;">​</a></h1><p>A histogram of times.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="boundsms" tabindex="-1">boundsMs <a class="header-anchor" href="#boundsms" aria-label="Permalink to &quot;boundsMs&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>boundsMs</strong>: readonly <code>number</code>[]</p></blockquote><p>The upper bounds of the buckets, in milliseconds, ascending; the last bucket has none.</p><hr><h3 id="count" tabindex="-1">count <a class="header-anchor" href="#count" aria-label="Permalink to &quot;count&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>count</strong>: <code>number</code></p></blockquote><p>Operations, about: of short ones one in 128 is measured, and counts for 128.</p><hr><h3 id="counts" tabindex="-1">counts <a class="header-anchor" href="#counts" aria-label="Permalink to &quot;counts&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>counts</strong>: readonly <code>number</code>[]</p></blockquote><p>Operations in each bucket: above the bound before, up to its own. One more than the bounds.</p><hr><h3 id="totalms" tabindex="-1">totalMs <a class="header-anchor" href="#totalms" aria-label="Permalink to &quot;totalMs&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>totalMs</strong>: <code>number</code></p></blockquote><p>The sum of their times, in milliseconds.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/LatencyStats.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LatencyStats = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LatencyStats as default
};
