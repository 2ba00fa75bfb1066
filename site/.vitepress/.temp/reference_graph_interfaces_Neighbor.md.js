import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Neighbor","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/Neighbor.md","filePath":"reference/graph/interfaces/Neighbor.md"}');
const _sfc_main = { name: "reference/graph/interfaces/Neighbor.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-neighbor" tabindex="-1">Interface: Neighbor <a class="header-anchor" href="#interface-neighbor" aria-label="Permalink to &quot;Interface: Neighbor&quot;">​</a></h1><p>An edge, as a node at one of its ends sees it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="direction" tabindex="-1">direction <a class="header-anchor" href="#direction" aria-label="Permalink to &quot;direction&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>direction</strong>: <code>&quot;out&quot;</code> | <code>&quot;in&quot;</code></p></blockquote><p>Whether the edge begins at this node, or ends there.</p><hr><h3 id="edge" tabindex="-1">edge <a class="header-anchor" href="#edge" aria-label="Permalink to &quot;edge&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>edge</strong>: <code>number</code></p></blockquote><p>The edge between.</p><hr><h3 id="node" tabindex="-1">node <a class="header-anchor" href="#node" aria-label="Permalink to &quot;node&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>node</strong>: <code>number</code></p></blockquote><p>The node at the other end.</p><hr><h3 id="type" tabindex="-1">type <a class="header-anchor" href="#type" aria-label="Permalink to &quot;type&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>type</strong>: <code>string</code></p></blockquote><p>The type of the edge.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/Neighbor.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Neighbor = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Neighbor as default
};
