import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Path","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/Path.md","filePath":"reference/graph/interfaces/Path.md"}');
const _sfc_main = { name: "reference/graph/interfaces/Path.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-path" tabindex="-1">Interface: Path <a class="header-anchor" href="#interface-path" aria-label="Permalink to &quot;Interface: Path&quot;">​</a></h1><p>A way through the graph.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cost" tabindex="-1">cost <a class="header-anchor" href="#cost" aria-label="Permalink to &quot;cost&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>cost</strong>: <code>number</code></p></blockquote><p>The sum of the weights; without weights the number of edges.</p><hr><h3 id="edges" tabindex="-1">edges <a class="header-anchor" href="#edges" aria-label="Permalink to &quot;edges&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>edges</strong>: readonly <code>number</code>[]</p></blockquote><p>The edges between them, in order.</p><hr><h3 id="nodes" tabindex="-1">nodes <a class="header-anchor" href="#nodes" aria-label="Permalink to &quot;nodes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>nodes</strong>: readonly <code>number</code>[]</p></blockquote><p>From the first to the last: one more than edges.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/Path.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Path = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Path as default
};
