import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: EdgeOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/EdgeOptions.md","filePath":"reference/graph/interfaces/EdgeOptions.md"}');
const _sfc_main = { name: "reference/graph/interfaces/EdgeOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-edgeoptions" tabindex="-1">Interface: EdgeOptions <a class="header-anchor" href="#interface-edgeoptions" aria-label="Permalink to &quot;Interface: EdgeOptions&quot;">​</a></h1><p>Which edges are gone along.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./NeighborOptions"><code>NeighborOptions</code></a></li><li><a href="./PathsOptions"><code>PathsOptions</code></a></li><li><a href="./ShortestPathOptions"><code>ShortestPathOptions</code></a></li><li><a href="./TraversalOptions"><code>TraversalOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="direction" tabindex="-1">direction? <a class="header-anchor" href="#direction" aria-label="Permalink to &quot;direction?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>direction?</strong>: <a href="./../type-aliases/Direction"><code>Direction</code></a></p></blockquote><p>Default <code>&#39;out&#39;</code>; <code>neighbors</code> has <code>&#39;both&#39;</code>.</p><hr><h3 id="type" tabindex="-1">type? <a class="header-anchor" href="#type" aria-label="Permalink to &quot;type?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>type?</strong>: <code>string</code> | readonly <code>string</code>[]</p></blockquote><p>One type, or several; all types when it is absent.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/EdgeOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EdgeOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EdgeOptions as default
};
