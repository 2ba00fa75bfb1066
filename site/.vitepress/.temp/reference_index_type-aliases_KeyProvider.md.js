import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: KeyProvider","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/KeyProvider.md","filePath":"reference/index/type-aliases/KeyProvider.md"}');
const _sfc_main = { name: "reference/index/type-aliases/KeyProvider.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-keyprovider" tabindex="-1">Type Alias: KeyProvider <a class="header-anchor" href="#type-alias-keyprovider" aria-label="Permalink to &quot;Type Alias: KeyProvider&quot;">​</a></h1><blockquote><p><strong>KeyProvider</strong> = (<code>request</code>) =&gt; <code>Uint8Array</code> | <code>Promise</code>&lt;<code>Uint8Array</code>&gt;</p></blockquote><p>Gives the key of a database, 32 bytes, from wherever it is kept.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="request" tabindex="-1">request <a class="header-anchor" href="#request" aria-label="Permalink to &quot;request&quot;">​</a></h3><p><a href="./../interfaces/KeyRequest"><code>KeyRequest</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>Uint8Array</code> | <code>Promise</code>&lt;<code>Uint8Array</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/KeyProvider.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const KeyProvider = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  KeyProvider as default
};
