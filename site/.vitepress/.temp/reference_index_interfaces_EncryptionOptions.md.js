import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: EncryptionOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/EncryptionOptions.md","filePath":"reference/index/interfaces/EncryptionOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/EncryptionOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-encryptionoptions" tabindex="-1">Interface: EncryptionOptions <a class="header-anchor" href="#interface-encryptionoptions" aria-label="Permalink to &quot;Interface: EncryptionOptions&quot;">​</a></h1><p>The key of an encrypted database: one of the two.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="key" tabindex="-1">key? <a class="header-anchor" href="#key" aria-label="Permalink to &quot;key?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>key?</strong>: <code>Uint8Array</code>&lt;<code>ArrayBufferLike</code>&gt;</p></blockquote><p>32 random bytes, which are copied. A password is no key: derive one from it, by scrypt for example.</p><hr><h3 id="keyprovider" tabindex="-1">keyProvider? <a class="header-anchor" href="#keyprovider" aria-label="Permalink to &quot;keyProvider?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keyProvider?</strong>: <a href="./../type-aliases/KeyProvider"><code>KeyProvider</code></a></p></blockquote><p>Called at the open, before anything is written; what it throws is the <code>cause</code> of an EncryptionKeyError.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/EncryptionOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EncryptionOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EncryptionOptions as default
};
