import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: BackupErrorCode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/BackupErrorCode.md","filePath":"reference/index/type-aliases/BackupErrorCode.md"}');
const _sfc_main = { name: "reference/index/type-aliases/BackupErrorCode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-backuperrorcode" tabindex="-1">Type Alias: BackupErrorCode <a class="header-anchor" href="#type-alias-backuperrorcode" aria-label="Permalink to &quot;Type Alias: BackupErrorCode&quot;">​</a></h1><blockquote><p><strong>BackupErrorCode</strong> = <code>&quot;BACKUP_NOT_FOUND&quot;</code> | <code>&quot;BACKUP_EXISTS&quot;</code> | <code>&quot;BACKUP_DAMAGED&quot;</code> | <code>&quot;BACKUP_GAP&quot;</code> | <code>&quot;BACKUP_STORE&quot;</code> | <code>&quot;BACKUP_SUPERSEDED&quot;</code></p></blockquote><p>What is wrong with a backup, or with the store that it is in. Stable: compare these.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/BackupErrorCode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupErrorCode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupErrorCode as default
};
