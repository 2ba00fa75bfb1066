import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: OrderBy","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/OrderBy.md","filePath":"reference/documents/type-aliases/OrderBy.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/OrderBy.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-orderby" tabindex="-1">Type Alias: OrderBy <a class="header-anchor" href="#type-alias-orderby" aria-label="Permalink to &quot;Type Alias: OrderBy&quot;">​</a></h1><blockquote><p><strong>OrderBy</strong> = <code>string</code> | <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./Direction"><code>Direction</code></a>&gt;&gt; | readonly (<code>string</code> | <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./Direction"><code>Direction</code></a>&gt;&gt;)[]</p></blockquote><p>A path, in ascending order, or paths with directions, or several of these: <code>[&#39;country&#39;, { age: &#39;desc&#39; }]</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/OrderBy.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const OrderBy = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  OrderBy as default
};
