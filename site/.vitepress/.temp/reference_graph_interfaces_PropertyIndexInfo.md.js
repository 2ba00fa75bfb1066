import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: PropertyIndexInfo","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/PropertyIndexInfo.md","filePath":"reference/graph/interfaces/PropertyIndexInfo.md"}');
const _sfc_main = { name: "reference/graph/interfaces/PropertyIndexInfo.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-propertyindexinfo" tabindex="-1">Interface: PropertyIndexInfo <a class="header-anchor" href="#interface-propertyindexinfo" aria-label="Permalink to &quot;Interface: PropertyIndexInfo&quot;">​</a></h1><p>A property index, as <code>propertyIndexes</code> lists it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="isready" tabindex="-1">isReady <a class="header-anchor" href="#isready" aria-label="Permalink to &quot;isReady&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>isReady</strong>: <code>boolean</code></p></blockquote><p>False while it is built: reads go without it.</p><hr><h3 id="label" tabindex="-1">label <a class="header-anchor" href="#label" aria-label="Permalink to &quot;label&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>label</strong>: <code>string</code></p></blockquote><p>Its nodes have this label.</p><hr><h3 id="property" tabindex="-1">property <a class="header-anchor" href="#property" aria-label="Permalink to &quot;property&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>property</strong>: <code>string</code></p></blockquote><p>What it is ordered by.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/PropertyIndexInfo.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PropertyIndexInfo = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PropertyIndexInfo as default
};
