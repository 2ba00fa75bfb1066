import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: verifyDirectory()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/functions/verifyDirectory.md","filePath":"reference/index/functions/verifyDirectory.md"}');
const _sfc_main = { name: "reference/index/functions/verifyDirectory.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-verifydirectory" tabindex="-1">Function: verifyDirectory() <a class="header-anchor" href="#function-verifydirectory" aria-label="Permalink to &quot;Function: verifyDirectory()&quot;">​</a></h1><blockquote><p><strong>verifyDirectory</strong>(<code>vfs</code>, <code>location</code>, <code>options?</code>): <code>Promise</code>&lt;<a href="./../interfaces/VerifyReport"><code>VerifyReport</code></a>&gt;</p></blockquote><p>Checks every byte of a database that no process has open, and resolves with all problems. Changes nothing. Rejects with LockedError when it is open, InvalidArgumentError when there is none, EncryptionKeyError, and IncompatibleFormatError.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="vfs" tabindex="-1">vfs <a class="header-anchor" href="#vfs" aria-label="Permalink to &quot;vfs&quot;">​</a></h3><p><a href="./../interfaces/Vfs"><code>Vfs</code></a></p><h3 id="location" tabindex="-1">location <a class="header-anchor" href="#location" aria-label="Permalink to &quot;location&quot;">​</a></h3><p><code>string</code></p><h3 id="options" tabindex="-1">options? <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options?&quot;">​</a></h3><p><a href="./../interfaces/VerifyDirectoryOptions"><code>VerifyDirectoryOptions</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>Promise</code>&lt;<a href="./../interfaces/VerifyReport"><code>VerifyReport</code></a>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/functions/verifyDirectory.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const verifyDirectory = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  verifyDirectory as default
};
