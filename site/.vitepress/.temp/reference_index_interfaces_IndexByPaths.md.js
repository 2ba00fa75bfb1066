import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: IndexByPaths","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/IndexByPaths.md","filePath":"reference/index/interfaces/IndexByPaths.md"}');
const _sfc_main = { name: "reference/index/interfaces/IndexByPaths.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-indexbypaths" tabindex="-1">Interface: IndexByPaths <a class="header-anchor" href="#interface-indexbypaths" aria-label="Permalink to &quot;Interface: IndexByPaths&quot;">​</a></h1><p>An index by what lies at paths into the value. Every process that opens the keyspace keeps it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="on" tabindex="-1">on <a class="header-anchor" href="#on" aria-label="Permalink to &quot;on&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>on</strong>: readonly <code>string</code>[]</p></blockquote><p>What its entries are ordered by: <code>[&#39;country&#39;, &#39;address.city&#39;]</code>. A path that ends with <code>[]</code>, or goes through one, stands for each element of an array: <code>[&#39;tags[]&#39;]</code>, <code>[&#39;items[].sku&#39;]</code>; one of them at most. What is missing counts as null. A row that has nothing at any of the paths is not in the index.</p><hr><h3 id="unique" tabindex="-1">unique? <a class="header-anchor" href="#unique" aria-label="Permalink to &quot;unique?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>unique?</strong>: <code>boolean</code></p></blockquote><p>No two rows have the same values; rows with null among them may. Default false.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/IndexByPaths.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const IndexByPaths = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  IndexByPaths as default
};
