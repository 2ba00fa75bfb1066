import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: SelectedRow<N, E, S>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/type-aliases/SelectedRow.md","filePath":"reference/graph/type-aliases/SelectedRow.md"}');
const _sfc_main = { name: "reference/graph/type-aliases/SelectedRow.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-selectedrow-n-e-s" tabindex="-1">Type Alias: SelectedRow&lt;N, E, S&gt; <a class="header-anchor" href="#type-alias-selectedrow-n-e-s" aria-label="Permalink to &quot;Type Alias: SelectedRow\\&lt;N, E, S\\&gt;&quot;">​</a></h1><blockquote><p><strong>SelectedRow</strong>&lt;<code>N</code>, <code>E</code>, <code>S</code>&gt; = <code>Readonly</code>&lt;{ [K in S]: K extends N ? NodeId : K extends E ? readonly EdgeId[] : PropertyValue | undefined }&gt;</p></blockquote><p>A row of what was selected.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="n" tabindex="-1">N <a class="header-anchor" href="#n" aria-label="Permalink to &quot;N&quot;">​</a></h3><p><code>N</code> <em>extends</em> <code>string</code></p><h3 id="e" tabindex="-1">E <a class="header-anchor" href="#e" aria-label="Permalink to &quot;E&quot;">​</a></h3><p><code>E</code> <em>extends</em> <code>string</code></p><h3 id="s" tabindex="-1">S <a class="header-anchor" href="#s" aria-label="Permalink to &quot;S&quot;">​</a></h3><p><code>S</code> <em>extends</em> <code>string</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/type-aliases/SelectedRow.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const SelectedRow = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  SelectedRow as default
};
