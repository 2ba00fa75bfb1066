import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: TextSource","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/TextSource.md","filePath":"reference/graph/type-aliases/TextSource.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/TextSource.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-textsource" tabindex="-1">Type Alias: TextSource <a class="header-anchor" href="#type-alias-textsource" aria-label="Permalink to &quot;Type Alias: TextSource&quot;">​</a></h1><blockquote><p><strong>TextSource</strong> = <code>Iterable</code>&lt;<code>string</code> | <code>Uint8Array</code>&gt; | <code>AsyncIterable</code>&lt;<code>string</code> | <code>Uint8Array</code>&gt;</p></blockquote><p>Text in pieces, of any size: a stream that was opened for reading, for one.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/TextSource.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TextSource = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TextSource as default
};
