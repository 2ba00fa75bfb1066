import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: CommitOutcome","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/CommitOutcome.md","filePath":"reference/index/type-aliases/CommitOutcome.md"}');
const _sfc_main = { name: "reference/index/type-aliases/CommitOutcome.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-commitoutcome" tabindex="-1">Type Alias: CommitOutcome <a class="header-anchor" href="#type-alias-commitoutcome" aria-label="Permalink to &quot;Type Alias: CommitOutcome&quot;">​</a></h1><blockquote><p><strong>CommitOutcome</strong> = <code>&quot;not-applied&quot;</code> | <code>&quot;unknown&quot;</code></p></blockquote><p>Tells a caller about a commit whose promise was rejected: it was not applied, or may have been.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/CommitOutcome.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CommitOutcome = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CommitOutcome as default
};
