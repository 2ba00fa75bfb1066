import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EncodingFor<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/EncodingFor.md","filePath":"reference/index/type-aliases/EncodingFor.md"}');
const _sfc_main = { name: "reference/index/type-aliases/EncodingFor.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-encodingfor-t" tabindex="-1">Type Alias: EncodingFor&lt;T&gt; <a class="header-anchor" href="#type-alias-encodingfor-t" aria-label="Permalink to &quot;Type Alias: EncodingFor\\&lt;T\\&gt;&quot;">​</a></h1><blockquote><p><strong>EncodingFor</strong>&lt;<code>T</code>&gt; = <code>&quot;json&quot;</code> | <a href="./../interfaces/Encoding"><code>Encoding</code></a>&lt;<code>T</code>&gt; | <code>unknown</code> <em>extends</em> <code>T</code> ? <a href="./EncodingName"><code>EncodingName</code></a> : <code>never</code> | <code>T</code> <em>extends</em> <code>string</code> ? <code>&quot;utf8&quot;</code> : <code>never</code> | <code>T</code> <em>extends</em> <a href="./Tuple"><code>Tuple</code></a> ? <code>&quot;tuple&quot;</code> : <code>never</code> | <code>Uint8Array</code> <em>extends</em> <code>T</code> ? <code>&quot;view&quot;</code> | <code>&quot;pooled&quot;</code> : <code>never</code> | <code>Buffer</code> <em>extends</em> <code>T</code> ? <code>&quot;buffer&quot;</code> : <code>never</code></p></blockquote><p>The encodings that give this type.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/EncodingFor.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EncodingFor = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EncodingFor as default
};
