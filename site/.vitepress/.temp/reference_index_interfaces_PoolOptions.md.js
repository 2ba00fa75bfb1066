import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: PoolOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/PoolOptions.md","filePath":"reference/index/interfaces/PoolOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/PoolOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-pooloptions" tabindex="-1">Interface: PoolOptions <a class="header-anchor" href="#interface-pooloptions" aria-label="Permalink to &quot;Interface: PoolOptions&quot;">​</a></h1><p>Options of <code>db.pool</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="blockcachesizebytes" tabindex="-1">blockCacheSizeBytes? <a class="header-anchor" href="#blockcachesizebytes" aria-label="Permalink to &quot;blockCacheSizeBytes?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>blockCacheSizeBytes?</strong>: <code>number</code></p></blockquote><p>Bytes of the block cache that each thread gets, as of <code>share</code>.</p><hr><h3 id="threads" tabindex="-1">threads? <a class="header-anchor" href="#threads" aria-label="Permalink to &quot;threads?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>threads?</strong>: <code>number</code></p></blockquote><p>At most so many threads; 1 to 64. Default: one for each processor but one. They begin when calls need them.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/PoolOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PoolOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PoolOptions as default
};
