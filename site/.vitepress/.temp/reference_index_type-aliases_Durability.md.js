import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Durability","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/Durability.md","filePath":"reference/index/type-aliases/Durability.md"}');
const _sfc_main = { name: "reference/index/type-aliases/Durability.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-durability" tabindex="-1">Type Alias: Durability <a class="header-anchor" href="#type-alias-durability" aria-label="Permalink to &quot;Type Alias: Durability&quot;">​</a></h1><blockquote><p><strong>Durability</strong> = <code>&quot;sync&quot;</code> | <code>&quot;os&quot;</code></p></blockquote><p><code>sync</code>: acknowledged after fdatasync, survives power loss. <code>os</code>: after write(), survives the process&#39;s death.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/Durability.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Durability = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Durability as default
};
