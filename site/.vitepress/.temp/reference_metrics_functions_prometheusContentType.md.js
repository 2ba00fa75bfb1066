import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: prometheusContentType()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/functions/prometheusContentType.md","filePath":"reference/metrics/functions/prometheusContentType.md"}');
const _sfc_main = { name: "reference/metrics/functions/prometheusContentType.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-prometheuscontenttype" tabindex="-1">Function: prometheusContentType() <a class="header-anchor" href="#function-prometheuscontenttype" aria-label="Permalink to &quot;Function: prometheusContentType()&quot;">​</a></h1><blockquote><p><strong>prometheusContentType</strong>(): <code>string</code></p></blockquote><p>The content type of the text, for the answer to a scrape.</p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>string</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/functions/prometheusContentType.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const prometheusContentType = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  prometheusContentType as default
};
