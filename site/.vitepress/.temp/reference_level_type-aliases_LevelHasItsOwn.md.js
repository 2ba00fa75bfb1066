import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: LevelHasItsOwn","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/type-aliases/LevelHasItsOwn.md","filePath":"reference/level/type-aliases/LevelHasItsOwn.md"}');
const _sfc_main = { name: "reference/level/type-aliases/LevelHasItsOwn.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-levelhasitsown" tabindex="-1">Type Alias: LevelHasItsOwn <a class="header-anchor" href="#type-alias-levelhasitsown" aria-label="Permalink to &quot;Type Alias: LevelHasItsOwn&quot;">​</a></h1><blockquote><p><strong>LevelHasItsOwn</strong> = <code>&quot;keyEncoding&quot;</code> | <code>&quot;valueEncoding&quot;</code> | <code>&quot;compression&quot;</code></p></blockquote><p>Options of Varve that Level has in another way.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/type-aliases/LevelHasItsOwn.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LevelHasItsOwn = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LevelHasItsOwn as default
};
