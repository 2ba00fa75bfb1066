import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: OutputOf<S>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/OutputOf.md","filePath":"reference/documents/type-aliases/OutputOf.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/OutputOf.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-outputof-s" tabindex="-1">Type Alias: OutputOf&lt;S&gt; <a class="header-anchor" href="#type-alias-outputof-s" aria-label="Permalink to &quot;Type Alias: OutputOf\\&lt;S\\&gt;&quot;">​</a></h1><blockquote><p><strong>OutputOf</strong>&lt;<code>S</code>&gt; = <code>NonNullable</code>&lt;<code>S</code>[<code>&quot;~standard&quot;</code>][<code>&quot;types&quot;</code>]&gt;[<code>&quot;output&quot;</code>]</p></blockquote><p>What a schema gives.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="s" tabindex="-1">S <a class="header-anchor" href="#s" aria-label="Permalink to &quot;S&quot;">​</a></h3><p><code>S</code> <em>extends</em> <a href="./../interfaces/StandardSchema"><code>StandardSchema</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/OutputOf.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const OutputOf = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  OutputOf as default
};
