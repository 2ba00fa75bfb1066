import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EncodingName","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/EncodingName.md","filePath":"reference/index/type-aliases/EncodingName.md"}');
const _sfc_main = { name: "reference/index/type-aliases/EncodingName.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-encodingname" tabindex="-1">Type Alias: EncodingName <a class="header-anchor" href="#type-alias-encodingname" aria-label="Permalink to &quot;Type Alias: EncodingName&quot;">​</a></h1><blockquote><p><strong>EncodingName</strong> = <code>&quot;view&quot;</code> | <code>&quot;pooled&quot;</code> | <code>&quot;buffer&quot;</code> | <code>&quot;utf8&quot;</code> | <code>&quot;json&quot;</code> | <code>&quot;tuple&quot;</code></p></blockquote><p>A built-in encoding: Uint8Array (<code>pooled</code>: in memory shared by results), Buffer, text, what JSON has text for, or arrays in the order of their elements.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/EncodingName.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EncodingName = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EncodingName as default
};
