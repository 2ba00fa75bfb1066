import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Tuple","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/Tuple.md","filePath":"reference/index/type-aliases/Tuple.md"}');
const _sfc_main = { name: "reference/index/type-aliases/Tuple.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-tuple" tabindex="-1">Type Alias: Tuple <a class="header-anchor" href="#type-alias-tuple" aria-label="Permalink to &quot;Type Alias: Tuple&quot;">​</a></h1><blockquote><p><strong>Tuple</strong> = readonly <a href="./TupleElement"><code>TupleElement</code></a>[]</p></blockquote><p>A key of several elements, ordered element by element.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/Tuple.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Tuple = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Tuple as default
};
