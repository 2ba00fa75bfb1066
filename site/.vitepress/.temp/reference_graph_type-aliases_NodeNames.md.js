import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: NodeNames<P>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/NodeNames.md","filePath":"reference/graph/type-aliases/NodeNames.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/NodeNames.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-nodenames-p" tabindex="-1">Type Alias: NodeNames&lt;P&gt; <a class="header-anchor" href="#type-alias-nodenames-p" aria-label="Permalink to &quot;Type Alias: NodeNames\\&lt;P\\&gt;&quot;">​</a></h1><blockquote><p><strong>NodeNames</strong>&lt;<code>P</code>&gt; = <code>{ [I in keyof P]: P[I] extends NodePattern&lt;infer N&gt; ? N : never }</code>[<code>number</code>]</p></blockquote><p>The names of nodes in a pattern.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="p" tabindex="-1">P <a class="header-anchor" href="#p" aria-label="Permalink to &quot;P&quot;">​</a></h3><p><code>P</code> <em>extends</em> readonly <code>unknown</code>[]</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/NodeNames.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const NodeNames = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  NodeNames as default
};
