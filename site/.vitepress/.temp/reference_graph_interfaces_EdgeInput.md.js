import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: EdgeInput","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/EdgeInput.md","filePath":"reference/graph/interfaces/EdgeInput.md"}');
const _sfc_main = { name: "reference/graph/interfaces/EdgeInput.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-edgeinput" tabindex="-1">Interface: EdgeInput <a class="header-anchor" href="#interface-edgeinput" aria-label="Permalink to &quot;Interface: EdgeInput&quot;">​</a></h1><p>An edge to create.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="from" tabindex="-1">from <a class="header-anchor" href="#from" aria-label="Permalink to &quot;from&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>from</strong>: <code>number</code></p></blockquote><p>The node that it begins at.</p><hr><h3 id="properties-1" tabindex="-1">properties? <a class="header-anchor" href="#properties-1" aria-label="Permalink to &quot;properties?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>properties?</strong>: <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a>&gt;&gt;</p></blockquote><p>Default none.</p><hr><h3 id="to" tabindex="-1">to <a class="header-anchor" href="#to" aria-label="Permalink to &quot;to&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>to</strong>: <code>number</code></p></blockquote><p>The node that it ends at; it may be the same.</p><hr><h3 id="type" tabindex="-1">type <a class="header-anchor" href="#type" aria-label="Permalink to &quot;type&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>type</strong>: <code>string</code></p></blockquote><p>What kind of edge it is.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/EdgeInput.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EdgeInput = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EdgeInput as default
};
