import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: StandardResult<Output>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/StandardResult.md","filePath":"reference/documents/type-aliases/StandardResult.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/StandardResult.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-standardresult-output" tabindex="-1">Type Alias: StandardResult&lt;Output&gt; <a class="header-anchor" href="#type-alias-standardresult-output" aria-label="Permalink to &quot;Type Alias: StandardResult\\&lt;Output\\&gt;&quot;">​</a></h1><blockquote><p><strong>StandardResult</strong>&lt;<code>Output</code>&gt; = { <code>issues?</code>: <code>undefined</code>; <code>value</code>: <code>Output</code>; } | { <code>issues</code>: readonly <a href="./../interfaces/StandardIssue"><code>StandardIssue</code></a>[]; }</p></blockquote><p>What a schema answers: the value as it is to be kept, or what is wrong.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="output" tabindex="-1">Output <a class="header-anchor" href="#output" aria-label="Permalink to &quot;Output&quot;">​</a></h3><p><code>Output</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/StandardResult.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StandardResult = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StandardResult as default
};
