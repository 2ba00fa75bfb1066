import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: IndexDeclarations","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/IndexDeclarations.md","filePath":"reference/index/type-aliases/IndexDeclarations.md"}');
const _sfc_main = { name: "reference/index/type-aliases/IndexDeclarations.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-indexdeclarations" tabindex="-1">Type Alias: IndexDeclarations <a class="header-anchor" href="#type-alias-indexdeclarations" aria-label="Permalink to &quot;Type Alias: IndexDeclarations&quot;">​</a></h1><blockquote><p><strong>IndexDeclarations</strong> = <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./../interfaces/IndexByPaths"><code>IndexByPaths</code></a> | <a href="./../interfaces/IndexByFunction"><code>IndexByFunction</code></a>&gt;&gt;</p></blockquote><p>Indexes by their names.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/IndexDeclarations.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const IndexDeclarations = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  IndexDeclarations as default
};
