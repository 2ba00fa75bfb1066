import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: RewriteReport","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/RewriteReport.md","filePath":"reference/documents/interfaces/RewriteReport.md"}');
const _sfc_main = { name: "reference/documents/interfaces/RewriteReport.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-rewritereport" tabindex="-1">Interface: RewriteReport <a class="header-anchor" href="#interface-rewritereport" aria-label="Permalink to &quot;Interface: RewriteReport&quot;">​</a></h1><p>What a rewrite has done.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="examinedcount" tabindex="-1">examinedCount <a class="header-anchor" href="#examinedcount" aria-label="Permalink to &quot;examinedCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>examinedCount</strong>: <code>number</code></p></blockquote><p>Documents that it has looked at.</p><hr><h3 id="rewrittencount" tabindex="-1">rewrittenCount <a class="header-anchor" href="#rewrittencount" aria-label="Permalink to &quot;rewrittenCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>rewrittenCount</strong>: <code>number</code></p></blockquote><p>Documents of older versions that it has written again.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/RewriteReport.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RewriteReport = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RewriteReport as default
};
