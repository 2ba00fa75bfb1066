import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: OpenMode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/OpenMode.md","filePath":"reference/index/type-aliases/OpenMode.md"}');
const _sfc_main = { name: "reference/index/type-aliases/OpenMode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-openmode" tabindex="-1">Type Alias: OpenMode <a class="header-anchor" href="#type-alias-openmode" aria-label="Permalink to &quot;Type Alias: OpenMode&quot;">​</a></h1><blockquote><p><strong>OpenMode</strong> = <code>&quot;read&quot;</code> | <code>&quot;create&quot;</code> | <code>&quot;modify&quot;</code></p></blockquote><p><code>read</code>: must exist. <code>create</code>: must not exist; readable and writable. <code>modify</code>: must exist; readable and writable.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/OpenMode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const OpenMode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  OpenMode as default
};
