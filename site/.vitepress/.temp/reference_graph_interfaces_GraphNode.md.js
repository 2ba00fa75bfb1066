import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: GraphNode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/GraphNode.md","filePath":"reference/graph/interfaces/GraphNode.md"}');
const _sfc_main = { name: "reference/graph/interfaces/GraphNode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-graphnode" tabindex="-1">Interface: GraphNode <a class="header-anchor" href="#interface-graphnode" aria-label="Permalink to &quot;Interface: GraphNode&quot;">​</a></h1><p>A node with all that it has.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="id" tabindex="-1">id <a class="header-anchor" href="#id" aria-label="Permalink to &quot;id&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>id</strong>: <code>number</code></p></blockquote><p>Its id.</p><hr><h3 id="labels" tabindex="-1">labels <a class="header-anchor" href="#labels" aria-label="Permalink to &quot;labels&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>labels</strong>: readonly <code>string</code>[]</p></blockquote><p>In order.</p><hr><h3 id="properties-1" tabindex="-1">properties <a class="header-anchor" href="#properties-1" aria-label="Permalink to &quot;properties&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>properties</strong>: <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a>&gt;&gt;</p></blockquote><p>All of them, by name.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/GraphNode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const GraphNode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  GraphNode as default
};
