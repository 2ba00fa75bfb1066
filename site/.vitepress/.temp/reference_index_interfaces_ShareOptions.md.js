import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ShareOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ShareOptions.md","filePath":"reference/index/interfaces/ShareOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/ShareOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-shareoptions" tabindex="-1">Interface: ShareOptions <a class="header-anchor" href="#interface-shareoptions" aria-label="Permalink to &quot;Interface: ShareOptions&quot;">​</a></h1><p>Options of <code>db.share</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="blockcachesizebytes" tabindex="-1">blockCacheSizeBytes? <a class="header-anchor" href="#blockcachesizebytes" aria-label="Permalink to &quot;blockCacheSizeBytes?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>blockCacheSizeBytes?</strong>: <code>number</code></p></blockquote><p>Bytes of the block cache that the thread gets for its own blocks. The cache of the owner has so much less until the thread ends. Default: a quarter of what the owner still has.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ShareOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ShareOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ShareOptions as default
};
