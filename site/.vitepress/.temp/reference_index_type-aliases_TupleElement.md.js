import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: TupleElement","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/TupleElement.md","filePath":"reference/index/type-aliases/TupleElement.md"}');
const _sfc_main = { name: "reference/index/type-aliases/TupleElement.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-tupleelement" tabindex="-1">Type Alias: TupleElement <a class="header-anchor" href="#type-alias-tupleelement" aria-label="Permalink to &quot;Type Alias: TupleElement&quot;">​</a></h1><blockquote><p><strong>TupleElement</strong> = <code>null</code> | <code>boolean</code> | <code>number</code> | <code>bigint</code> | <code>string</code> | <code>Uint8Array</code> | <code>Date</code> | readonly <code>TupleElement</code>[]</p></blockquote><p>What a tuple may hold.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/TupleElement.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TupleElement = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TupleElement as default
};
