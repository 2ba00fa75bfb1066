import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: SpanLike","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/interfaces/SpanLike.md","filePath":"reference/metrics/interfaces/SpanLike.md"}');
const _sfc_main = { name: "reference/metrics/interfaces/SpanLike.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-spanlike" tabindex="-1">Interface: SpanLike <a class="header-anchor" href="#interface-spanlike" aria-label="Permalink to &quot;Interface: SpanLike&quot;">​</a></h1><p>The part of a <code>Span</code> of <code>@opentelemetry/api</code> that is used.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="end" tabindex="-1">end() <a class="header-anchor" href="#end" aria-label="Permalink to &quot;end()&quot;">​</a></h3><blockquote><p><strong>end</strong>(<code>timeMs</code>): <code>void</code></p></blockquote><p>Ends it at a time in milliseconds since 1970.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="timems" tabindex="-1">timeMs <a class="header-anchor" href="#timems" aria-label="Permalink to &quot;timeMs&quot;">​</a></h5><p><code>number</code></p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>void</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/interfaces/SpanLike.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const SpanLike = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  SpanLike as default
};
