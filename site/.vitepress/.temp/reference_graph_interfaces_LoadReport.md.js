import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LoadReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/LoadReport.md","filePath":"reference/graph/interfaces/LoadReport.md"}');
const _sfc_main = { name: "reference/graph/interfaces/LoadReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-loadreport" tabindex="-1">Interface: LoadReport <a class="header-anchor" href="#interface-loadreport" aria-label="Permalink to &quot;Interface: LoadReport&quot;">​</a></h1><p>What was loaded.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="edgecount" tabindex="-1">edgeCount <a class="header-anchor" href="#edgecount" aria-label="Permalink to &quot;edgeCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>edgeCount</strong>: <code>number</code></p></blockquote><p>Edges that were loaded.</p><hr><h3 id="nodecount" tabindex="-1">nodeCount <a class="header-anchor" href="#nodecount" aria-label="Permalink to &quot;nodeCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>nodeCount</strong>: <code>number</code></p></blockquote><p>Nodes that were loaded.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/LoadReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LoadReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LoadReport as default
};
