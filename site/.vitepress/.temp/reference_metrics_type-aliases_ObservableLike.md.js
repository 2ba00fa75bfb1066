import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: ObservableLike","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/type-aliases/ObservableLike.md","filePath":"reference/metrics/type-aliases/ObservableLike.md"}');
const _sfc_main = { name: "reference/metrics/type-aliases/ObservableLike.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-observablelike" tabindex="-1">Type Alias: ObservableLike <a class="header-anchor" href="#type-alias-observablelike" aria-label="Permalink to &quot;Type Alias: ObservableLike&quot;">​</a></h1><blockquote><p><strong>ObservableLike</strong> = <code>object</code></p></blockquote><p>What a meter&#39;s observable instruments are here: something to observe for.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/type-aliases/ObservableLike.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ObservableLike = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ObservableLike as default
};
