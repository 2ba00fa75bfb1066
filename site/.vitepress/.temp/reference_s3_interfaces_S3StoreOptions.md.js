import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: S3StoreOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/s3/interfaces/S3StoreOptions.md","filePath":"reference/s3/interfaces/S3StoreOptions.md"}');
const _sfc_main = { name: "reference/s3/interfaces/S3StoreOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-s3storeoptions" tabindex="-1">Interface: S3StoreOptions <a class="header-anchor" href="#interface-s3storeoptions" aria-label="Permalink to &quot;Interface: S3StoreOptions&quot;">​</a></h1><p>The options of <code>s3Store</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="bucket" tabindex="-1">bucket <a class="header-anchor" href="#bucket" aria-label="Permalink to &quot;bucket&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>bucket</strong>: <code>string</code></p></blockquote><p>The bucket, which exists.</p><hr><h3 id="client" tabindex="-1">client <a class="header-anchor" href="#client" aria-label="Permalink to &quot;client&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>client</strong>: <a href="./S3ClientLike"><code>S3ClientLike</code></a></p></blockquote><p>Stays the program&#39;s, which destroys it after the last call on the store.</p><hr><h3 id="prefix" tabindex="-1">prefix? <a class="header-anchor" href="#prefix" aria-label="Permalink to &quot;prefix?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>prefix?</strong>: <code>string</code></p></blockquote><p>The folder of the bucket where the backups lie, such as <code>&#39;ledger/production&#39;</code>: 700 bytes at most. A slash at its end may be left out. Default: all of the bucket.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/s3/interfaces/S3StoreOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const S3StoreOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  S3StoreOptions as default
};
