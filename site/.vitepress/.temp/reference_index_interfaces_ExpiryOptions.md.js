import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ExpiryOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ExpiryOptions.md","filePath":"reference/index/interfaces/ExpiryOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/ExpiryOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-expiryoptions" tabindex="-1">Interface: ExpiryOptions <a class="header-anchor" href="#interface-expiryoptions" aria-label="Permalink to &quot;Interface: ExpiryOptions&quot;">​</a></h1><p>When an entry expires: from then on it is absent, as if it had been deleted. At most one of the two; without one the entry expires as its keyspace says. Nothing conflicts with an entry that expires.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./PutOptions"><code>PutOptions</code></a></li><li><a href="./../../level/interfaces/LevelChainedPutOptions"><code>LevelChainedPutOptions</code></a></li><li><a href="./../../level/interfaces/LevelPutOptions"><code>LevelPutOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="expiresat" tabindex="-1">expiresAt? <a class="header-anchor" href="#expiresat" aria-label="Permalink to &quot;expiresAt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>expiresAt?</strong>: <code>number</code> | <code>Date</code></p></blockquote><p>A Date, or milliseconds since 1970, up to 2^48 - 1; Infinity for an entry that does not expire.</p><hr><h3 id="ttlms" tabindex="-1">ttlMs? <a class="header-anchor" href="#ttlms" aria-label="Permalink to &quot;ttlMs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>ttlMs?</strong>: <code>number</code></p></blockquote><p>Milliseconds from the call on, a whole number above 0; Infinity for an entry that does not expire.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ExpiryOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ExpiryOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ExpiryOptions as default
};
