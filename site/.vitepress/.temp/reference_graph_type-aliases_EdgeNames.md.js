import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EdgeNames<P>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/EdgeNames.md","filePath":"reference/graph/type-aliases/EdgeNames.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/EdgeNames.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-edgenames-p" tabindex="-1">Type Alias: EdgeNames&lt;P&gt; <a class="header-anchor" href="#type-alias-edgenames-p" aria-label="Permalink to &quot;Type Alias: EdgeNames\\&lt;P\\&gt;&quot;">​</a></h1><blockquote><p><strong>EdgeNames</strong>&lt;<code>P</code>&gt; = <code>{ [I in keyof P]: P[I] extends EdgePattern&lt;infer E&gt; ? E : never }</code>[<code>number</code>]</p></blockquote><p>The names of edges in a pattern.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="p" tabindex="-1">P <a class="header-anchor" href="#p" aria-label="Permalink to &quot;P&quot;">​</a></h3><p><code>P</code> <em>extends</em> readonly <code>unknown</code>[]</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/EdgeNames.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EdgeNames = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EdgeNames as default
};
