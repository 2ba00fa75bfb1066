import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: GraphReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/GraphReport.md","filePath":"reference/graph/interfaces/GraphReport.md"}');
const _sfc_main = { name: "reference/graph/interfaces/GraphReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-graphreport" tabindex="-1">Interface: GraphReport <a class="header-anchor" href="#interface-graphreport" aria-label="Permalink to &quot;Interface: GraphReport&quot;">​</a></h1><p>What <code>verify</code> found.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="edgecount" tabindex="-1">edgeCount <a class="header-anchor" href="#edgecount" aria-label="Permalink to &quot;edgeCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>edgeCount</strong>: <code>number</code></p></blockquote><p>Edges with a record.</p><hr><h3 id="entrycount" tabindex="-1">entryCount <a class="header-anchor" href="#entrycount" aria-label="Permalink to &quot;entryCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>entryCount</strong>: <code>number</code></p></blockquote><p>Entries of labels and of property indexes.</p><hr><h3 id="isok" tabindex="-1">isOk <a class="header-anchor" href="#isok" aria-label="Permalink to &quot;isOk&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>isOk</strong>: <code>boolean</code></p></blockquote><p>Whether nothing is wrong.</p><hr><h3 id="nodecount" tabindex="-1">nodeCount <a class="header-anchor" href="#nodecount" aria-label="Permalink to &quot;nodeCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>nodeCount</strong>: <code>number</code></p></blockquote><p>Nodes with a record.</p><hr><h3 id="problemcount" tabindex="-1">problemCount <a class="header-anchor" href="#problemcount" aria-label="Permalink to &quot;problemCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>problemCount</strong>: <code>number</code></p></blockquote><p>How much is wrong.</p><hr><h3 id="problems" tabindex="-1">problems <a class="header-anchor" href="#problems" aria-label="Permalink to &quot;problems&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>problems</strong>: readonly <code>string</code>[]</p></blockquote><p>What is wrong, in words; the first thousand.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/GraphReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const GraphReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  GraphReport as default
};
