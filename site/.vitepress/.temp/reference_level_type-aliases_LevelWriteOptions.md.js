import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: LevelWriteOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/type-aliases/LevelWriteOptions.md","filePath":"reference/level/type-aliases/LevelWriteOptions.md"}');
const _sfc_main = { name: "reference/level/type-aliases/LevelWriteOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-levelwriteoptions" tabindex="-1">Type Alias: LevelWriteOptions <a class="header-anchor" href="#type-alias-levelwriteoptions" aria-label="Permalink to &quot;Type Alias: LevelWriteOptions&quot;">​</a></h1><blockquote><p><strong>LevelWriteOptions</strong> = <a href="./../interfaces/SyncOption"><code>SyncOption</code></a></p></blockquote><p>Options of the write of a chained batch.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/type-aliases/LevelWriteOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LevelWriteOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LevelWriteOptions as default
};
