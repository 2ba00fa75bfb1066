import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LoadNode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/LoadNode.md","filePath":"reference/graph/interfaces/LoadNode.md"}');
const _sfc_main = { name: "reference/graph/interfaces/LoadNode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-loadnode" tabindex="-1">Interface: LoadNode <a class="header-anchor" href="#interface-loadnode" aria-label="Permalink to &quot;Interface: LoadNode&quot;">​</a></h1><p>A node to load.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="key" tabindex="-1">key <a class="header-anchor" href="#key" aria-label="Permalink to &quot;key&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>key</strong>: <a href="./../type-aliases/NodeKey"><code>NodeKey</code></a></p></blockquote><p>By which edges name it; no two nodes have the same.</p><hr><h3 id="labels" tabindex="-1">labels? <a class="header-anchor" href="#labels" aria-label="Permalink to &quot;labels?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>labels?</strong>: readonly <code>string</code>[]</p></blockquote><p>Default none.</p><hr><h3 id="properties-1" tabindex="-1">properties? <a class="header-anchor" href="#properties-1" aria-label="Permalink to &quot;properties?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>properties?</strong>: <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a>&gt;&gt;</p></blockquote><p>Default none.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/LoadNode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LoadNode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LoadNode as default
};
