import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: WriteOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/WriteOptions.md","filePath":"reference/index/interfaces/WriteOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/WriteOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-writeoptions" tabindex="-1">Interface: WriteOptions <a class="header-anchor" href="#interface-writeoptions" aria-label="Permalink to &quot;Interface: WriteOptions&quot;">​</a></h1><p>Options of a write.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./PutOptions"><code>PutOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="durability" tabindex="-1">durability? <a class="header-anchor" href="#durability" aria-label="Permalink to &quot;durability?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>durability?</strong>: <a href="./../type-aliases/Durability"><code>Durability</code></a></p></blockquote><p><code>&#39;sync&#39;</code> or <code>&#39;os&#39;</code>; the database&#39;s default otherwise.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Gives up waiting for room, with AbortedError. A commit that has begun is not undone.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/WriteOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const WriteOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  WriteOptions as default
};
