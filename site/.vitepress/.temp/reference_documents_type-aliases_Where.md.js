import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Where<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/Where.md","filePath":"reference/documents/type-aliases/Where.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/Where.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-where-t" tabindex="-1">Type Alias: Where&lt;T&gt; <a class="header-anchor" href="#type-alias-where-t" aria-label="Permalink to &quot;Type Alias: Where\\&lt;T\\&gt;&quot;">​</a></h1><blockquote><p><strong>Where</strong>&lt;<code>T</code>&gt; = <code>{ readonly [P in keyof T &amp; string]?: FieldCondition&lt;T[P]&gt; }</code> &amp; <code>object</code> &amp; <code>object</code> &amp; <code>object</code></p></blockquote><p>Which documents: every field meets its condition. A name may be a path: <code>&#39;address.city&#39;</code>, <code>&#39;items[].sku&#39;</code>. With <code>[]</code> one element meets all of the condition.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p><h2 id="type-declaration" tabindex="-1">Type Declaration <a class="header-anchor" href="#type-declaration" aria-label="Permalink to &quot;Type Declaration&quot;">​</a></h2><h3 id="id" tabindex="-1">id? <a class="header-anchor" href="#id" aria-label="Permalink to &quot;id?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>id?</strong>: <a href="./FieldCondition"><code>FieldCondition</code></a>&lt;<code>string</code>&gt;</p></blockquote><p>The id of the document.</p><h3 id="and" tabindex="-1">and? <a class="header-anchor" href="#and" aria-label="Permalink to &quot;and?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>and?</strong>: readonly <code>Where</code>&lt;<code>T</code>&gt;[]</p></blockquote><p>All of these hold.</p><h3 id="not" tabindex="-1">not? <a class="header-anchor" href="#not" aria-label="Permalink to &quot;not?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>not?</strong>: <code>Where</code>&lt;<code>T</code>&gt;</p></blockquote><p>This does not hold.</p><h3 id="or" tabindex="-1">or? <a class="header-anchor" href="#or" aria-label="Permalink to &quot;or?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>or?</strong>: readonly <code>Where</code>&lt;<code>T</code>&gt;[]</p></blockquote><p>One of these holds.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/Where.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Where = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Where as default
};
