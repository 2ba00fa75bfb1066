import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: DecodedBy<E>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/DecodedBy.md","filePath":"reference/index/type-aliases/DecodedBy.md"}');
const _sfc_main = { name: "reference/index/type-aliases/DecodedBy.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-decodedby-e" tabindex="-1">Type Alias: DecodedBy&lt;E&gt; <a class="header-anchor" href="#type-alias-decodedby-e" aria-label="Permalink to &quot;Type Alias: DecodedBy\\&lt;E\\&gt;&quot;">​</a></h1><blockquote><p><strong>DecodedBy</strong>&lt;<code>E</code>&gt; = <code>E</code> <em>extends</em> <code>&quot;utf8&quot;</code> ? <code>string</code> : <code>E</code> <em>extends</em> <code>&quot;buffer&quot;</code> ? <code>Buffer</code> : <code>E</code> <em>extends</em> <code>&quot;tuple&quot;</code> ? <a href="./Tuple"><code>Tuple</code></a> : <code>E</code> <em>extends</em> <code>&quot;json&quot;</code> ? <code>unknown</code> : <code>E</code> <em>extends</em> <a href="./../interfaces/Encoding"><code>Encoding</code></a>&lt;infer T&gt; ? <code>T</code> : <code>Uint8Array</code></p></blockquote><p>The type that an encoding stands for. JSON is <code>unknown</code>: name your types, as in <code>open&lt;string, Account&gt;</code>.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="e" tabindex="-1">E <a class="header-anchor" href="#e" aria-label="Permalink to &quot;E&quot;">​</a></h3><p><code>E</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/DecodedBy.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DecodedBy = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DecodedBy as default
};
