import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: BackupTarget","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/BackupTarget.md","filePath":"reference/index/type-aliases/BackupTarget.md"}');
const _sfc_main = { name: "reference/index/type-aliases/BackupTarget.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-backuptarget" tabindex="-1">Type Alias: BackupTarget <a class="header-anchor" href="#type-alias-backuptarget" aria-label="Permalink to &quot;Type Alias: BackupTarget&quot;">​</a></h1><blockquote><p><strong>BackupTarget</strong> = <code>string</code> | <a href="./../interfaces/BackupStore"><code>BackupStore</code></a></p></blockquote><p>Where backups lie: a directory, or a store of the caller&#39;s.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/BackupTarget.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupTarget = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupTarget as default
};
