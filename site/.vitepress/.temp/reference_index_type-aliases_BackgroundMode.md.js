import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: BackgroundMode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/BackgroundMode.md","filePath":"reference/index/type-aliases/BackgroundMode.md"}');
const _sfc_main = { name: "reference/index/type-aliases/BackgroundMode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-backgroundmode" tabindex="-1">Type Alias: BackgroundMode <a class="header-anchor" href="#type-alias-backgroundmode" aria-label="Permalink to &quot;Type Alias: BackgroundMode&quot;">​</a></h1><blockquote><p><strong>BackgroundMode</strong> = <code>&quot;worker&quot;</code> | <code>&quot;inline&quot;</code></p></blockquote><p>Where flush and compaction run. <code>inline</code> shares the caller&#39;s thread, in slices.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/BackgroundMode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackgroundMode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackgroundMode as default
};
