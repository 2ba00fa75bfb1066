import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: StartKind","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/StartKind.md","filePath":"reference/graph/type-aliases/StartKind.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/StartKind.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-startkind" tabindex="-1">Type Alias: StartKind <a class="header-anchor" href="#type-alias-startkind" aria-label="Permalink to &quot;Type Alias: StartKind&quot;">​</a></h1><blockquote><p><strong>StartKind</strong> = <code>&quot;id&quot;</code> | <code>&quot;index&quot;</code> | <code>&quot;label&quot;</code> | <code>&quot;all&quot;</code></p></blockquote><p>How the nodes of the start are found.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/StartKind.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StartKind = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StartKind as default
};
