import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: NeighborOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/NeighborOptions.md","filePath":"reference/graph/interfaces/NeighborOptions.md"}');
const _sfc_main = { name: "reference/graph/interfaces/NeighborOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-neighboroptions" tabindex="-1">Interface: NeighborOptions <a class="header-anchor" href="#interface-neighboroptions" aria-label="Permalink to &quot;Interface: NeighborOptions&quot;">​</a></h1><p>Options of <code>neighbors</code>.</p><h2 id="extends" tabindex="-1">Extends <a class="header-anchor" href="#extends" aria-label="Permalink to &quot;Extends&quot;">​</a></h2><ul><li><a href="./EdgeOptions"><code>EdgeOptions</code></a></li></ul><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./NearbyOptions"><code>NearbyOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="direction" tabindex="-1">direction? <a class="header-anchor" href="#direction" aria-label="Permalink to &quot;direction?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>direction?</strong>: <a href="./../type-aliases/Direction"><code>Direction</code></a></p></blockquote><p>Default <code>&#39;out&#39;</code>; <code>neighbors</code> has <code>&#39;both&#39;</code>.</p><h4 id="inherited-from" tabindex="-1">Inherited from <a class="header-anchor" href="#inherited-from" aria-label="Permalink to &quot;Inherited from&quot;">​</a></h4><p><a href="./EdgeOptions"><code>EdgeOptions</code></a>.<a href="./EdgeOptions#direction"><code>direction</code></a></p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the read with AbortedError.</p><hr><h3 id="type" tabindex="-1">type? <a class="header-anchor" href="#type" aria-label="Permalink to &quot;type?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>type?</strong>: <code>string</code> | readonly <code>string</code>[]</p></blockquote><p>One type, or several; all types when it is absent.</p><h4 id="inherited-from-1" tabindex="-1">Inherited from <a class="header-anchor" href="#inherited-from-1" aria-label="Permalink to &quot;Inherited from&quot;">​</a></h4><p><a href="./EdgeOptions"><code>EdgeOptions</code></a>.<a href="./EdgeOptions#type"><code>type</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/NeighborOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const NeighborOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  NeighborOptions as default
};
