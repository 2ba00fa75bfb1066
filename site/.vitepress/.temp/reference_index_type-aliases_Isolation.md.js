import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Isolation","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/Isolation.md","filePath":"reference/index/type-aliases/Isolation.md"}');
const _sfc_main = { name: "reference/index/type-aliases/Isolation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-isolation" tabindex="-1">Type Alias: Isolation <a class="header-anchor" href="#type-alias-isolation" aria-label="Permalink to &quot;Type Alias: Isolation&quot;">​</a></h1><blockquote><p><strong>Isolation</strong> = <code>&quot;snapshot&quot;</code> | <code>&quot;serializable&quot;</code></p></blockquote><p><code>snapshot</code>: writes conflict with writes. <code>serializable</code>: the keys and ranges that it has read must still be as they were at its commit; the outcome is as if transactions ran one after the other.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/Isolation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Isolation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Isolation as default
};
