import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: VerifyDirectoryOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/VerifyDirectoryOptions.md","filePath":"reference/index/interfaces/VerifyDirectoryOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/VerifyDirectoryOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-verifydirectoryoptions" tabindex="-1">Interface: VerifyDirectoryOptions <a class="header-anchor" href="#interface-verifydirectoryoptions" aria-label="Permalink to &quot;Interface: VerifyDirectoryOptions&quot;">​</a></h1><p>The options of <code>verifyDirectory</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="encryption" tabindex="-1">encryption? <a class="header-anchor" href="#encryption" aria-label="Permalink to &quot;encryption?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>encryption?</strong>: <a href="./EncryptionOptions"><code>EncryptionOptions</code></a></p></blockquote><p>The key of an encrypted database.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the call with AbortedError.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/VerifyDirectoryOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const VerifyDirectoryOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  VerifyDirectoryOptions as default
};
