import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: StallReason","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/StallReason.md","filePath":"reference/index/type-aliases/StallReason.md"}');
const _sfc_main = { name: "reference/index/type-aliases/StallReason.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-stallreason" tabindex="-1">Type Alias: StallReason <a class="header-anchor" href="#type-alias-stallreason" aria-label="Permalink to &quot;Type Alias: StallReason&quot;">​</a></h1><blockquote><p><strong>StallReason</strong> = <code>&quot;memtables&quot;</code> | <code>&quot;level0&quot;</code> | <code>&quot;log&quot;</code> | <code>&quot;ingest&quot;</code></p></blockquote><p>Why writes wait: full memtables, too many level 0 tables, a next log that is not made yet, or a bulk load about to be seen.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/StallReason.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StallReason = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StallReason as default
};
