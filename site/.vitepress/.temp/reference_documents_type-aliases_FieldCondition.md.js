import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: FieldCondition<V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/FieldCondition.md","filePath":"reference/documents/type-aliases/FieldCondition.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/FieldCondition.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-fieldcondition-v" tabindex="-1">Type Alias: FieldCondition&lt;V&gt; <a class="header-anchor" href="#type-alias-fieldcondition-v" aria-label="Permalink to &quot;Type Alias: FieldCondition\\&lt;V\\&gt;&quot;">​</a></h1><blockquote><p><strong>FieldCondition</strong>&lt;<code>V</code>&gt; = <code>V</code> | <code>null</code> | <a href="./../interfaces/Operators"><code>Operators</code></a> &amp; <code>object</code></p></blockquote><p>A value, which stands for <code>{ eq: value }</code>, or operators.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/FieldCondition.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const FieldCondition = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  FieldCondition as default
};
