import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: ConditionOrValue","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/ConditionOrValue.md","filePath":"reference/graph/type-aliases/ConditionOrValue.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/ConditionOrValue.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-conditionorvalue" tabindex="-1">Type Alias: ConditionOrValue <a class="header-anchor" href="#type-alias-conditionorvalue" aria-label="Permalink to &quot;Type Alias: ConditionOrValue&quot;">​</a></h1><blockquote><p><strong>ConditionOrValue</strong> = <a href="./../interfaces/Condition"><code>Condition</code></a> | <a href="./PropertyValue"><code>PropertyValue</code></a></p></blockquote><p>A condition, or a value that stands for <code>{ eq: value }</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/ConditionOrValue.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ConditionOrValue = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ConditionOrValue as default
};
