import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: checkBackupStore()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/functions/checkBackupStore.md","filePath":"reference/index/functions/checkBackupStore.md"}');
const _sfc_main = { name: "reference/index/functions/checkBackupStore.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-checkbackupstore" tabindex="-1">Function: checkBackupStore() <a class="header-anchor" href="#function-checkbackupstore" aria-label="Permalink to &quot;Function: checkBackupStore()&quot;">​</a></h1><blockquote><p><strong>checkBackupStore</strong>(<code>store</code>, <code>options?</code>): <code>Promise</code>&lt;<code>void</code>&gt;</p></blockquote><p>Tries whether a store keeps the contract of BackupStore. Resolves when all that can be tried holds. Rejects with BackupError, BACKUP_STORE, that says what does not. Works in a prefix of its own, <code>check-...</code>, and removes what it put.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="store" tabindex="-1">store <a class="header-anchor" href="#store" aria-label="Permalink to &quot;store&quot;">​</a></h3><p><a href="./../interfaces/BackupStore"><code>BackupStore</code></a></p><h3 id="options" tabindex="-1">options? <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options?&quot;">​</a></h3><p><a href="./../interfaces/CheckBackupStoreOptions"><code>CheckBackupStoreOptions</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>Promise</code>&lt;<code>void</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/functions/checkBackupStore.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const checkBackupStore = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  checkBackupStore as default
};
