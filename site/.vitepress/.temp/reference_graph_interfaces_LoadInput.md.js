import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LoadInput","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/LoadInput.md","filePath":"reference/graph/interfaces/LoadInput.md"}');
const _sfc_main = { name: "reference/graph/interfaces/LoadInput.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-loadinput" tabindex="-1">Interface: LoadInput <a class="header-anchor" href="#interface-loadinput" aria-label="Permalink to &quot;Interface: LoadInput&quot;">​</a></h1><p>The graph to load.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="edges" tabindex="-1">edges? <a class="header-anchor" href="#edges" aria-label="Permalink to &quot;edges?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>edges?</strong>: <a href="./../type-aliases/Source"><code>Source</code></a>&lt;<a href="./LoadEdge"><code>LoadEdge</code></a>&gt;</p></blockquote><p>Read when the nodes are at their end.</p><hr><h3 id="nodes" tabindex="-1">nodes <a class="header-anchor" href="#nodes" aria-label="Permalink to &quot;nodes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>nodes</strong>: <a href="./../type-aliases/Source"><code>Source</code></a>&lt;<a href="./LoadNode"><code>LoadNode</code></a>&gt;</p></blockquote><p>All nodes.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/LoadInput.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LoadInput = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LoadInput as default
};
