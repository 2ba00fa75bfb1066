import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: DocumentReadOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/DocumentReadOptions.md","filePath":"reference/documents/interfaces/DocumentReadOptions.md"}');
const _sfc_main = { name: "reference/documents/interfaces/DocumentReadOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-documentreadoptions" tabindex="-1">Interface: DocumentReadOptions <a class="header-anchor" href="#interface-documentreadoptions" aria-label="Permalink to &quot;Interface: DocumentReadOptions&quot;">​</a></h1><p>Options of a read.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./FindOptions"><code>FindOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="snapshot" tabindex="-1">snapshot? <a class="header-anchor" href="#snapshot" aria-label="Permalink to &quot;snapshot?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>snapshot?</strong>: <a href="./../../index/classes/Snapshot"><code>Snapshot</code></a></p></blockquote><p>Reads as of this snapshot of the database. In a transaction there is none: it has its own.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/DocumentReadOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DocumentReadOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DocumentReadOptions as default
};
