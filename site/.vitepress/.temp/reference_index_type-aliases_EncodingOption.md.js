import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EncodingOption","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/EncodingOption.md","filePath":"reference/index/type-aliases/EncodingOption.md"}');
const _sfc_main = { name: "reference/index/type-aliases/EncodingOption.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-encodingoption" tabindex="-1">Type Alias: EncodingOption <a class="header-anchor" href="#type-alias-encodingoption" aria-label="Permalink to &quot;Type Alias: EncodingOption&quot;">​</a></h1><blockquote><p><strong>EncodingOption</strong> = <a href="./EncodingName"><code>EncodingName</code></a> | <a href="./../interfaces/Encoding"><code>Encoding</code></a>&lt;<code>unknown</code>&gt;</p></blockquote><p>A built-in encoding by its name, or one of the caller&#39;s.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/EncodingOption.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EncodingOption = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EncodingOption as default
};
