import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: MatchRow<N, E>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/MatchRow.md","filePath":"reference/graph/type-aliases/MatchRow.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/MatchRow.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-matchrow-n-e" tabindex="-1">Type Alias: MatchRow&lt;N, E&gt; <a class="header-anchor" href="#type-alias-matchrow-n-e" aria-label="Permalink to &quot;Type Alias: MatchRow\\&lt;N, E\\&gt;&quot;">​</a></h1><blockquote><p><strong>MatchRow</strong>&lt;<code>N</code>, <code>E</code>&gt; = <code>Readonly</code>&lt;<code>Record</code>&lt;<code>N</code>, <a href="./NodeId"><code>NodeId</code></a>&gt; &amp; <code>Record</code>&lt;<code>E</code>, readonly <a href="./EdgeId"><code>EdgeId</code></a>[]&gt;&gt;</p></blockquote><p>A row without <code>select</code>: a node for each name, and the edges of each edge that has one.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="n" tabindex="-1">N <a class="header-anchor" href="#n" aria-label="Permalink to &quot;N&quot;">​</a></h3><p><code>N</code> <em>extends</em> <code>string</code></p><h3 id="e" tabindex="-1">E <a class="header-anchor" href="#e" aria-label="Permalink to &quot;E&quot;">​</a></h3><p><code>E</code> <em>extends</em> <code>string</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/MatchRow.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const MatchRow = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  MatchRow as default
};
