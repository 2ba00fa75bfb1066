import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: TracerLike","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/interfaces/TracerLike.md","filePath":"reference/metrics/interfaces/TracerLike.md"}');
const _sfc_main = { name: "reference/metrics/interfaces/TracerLike.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-tracerlike" tabindex="-1">Interface: TracerLike <a class="header-anchor" href="#interface-tracerlike" aria-label="Permalink to &quot;Interface: TracerLike&quot;">​</a></h1><p>The part of a <code>Tracer</code> of <code>@opentelemetry/api</code> that is used.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="startspan" tabindex="-1">startSpan() <a class="header-anchor" href="#startspan" aria-label="Permalink to &quot;startSpan()&quot;">​</a></h3><blockquote><p><strong>startSpan</strong>(<code>name</code>, <code>options</code>): <a href="./SpanLike"><code>SpanLike</code></a></p></blockquote><p>Begins a span at a time in milliseconds since 1970.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="name" tabindex="-1">name <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name&quot;">​</a></h5><p><code>string</code></p><h5 id="options" tabindex="-1">options <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options&quot;">​</a></h5><h6 id="attributes" tabindex="-1">attributes <a class="header-anchor" href="#attributes" aria-label="Permalink to &quot;attributes&quot;">​</a></h6><p><code>Record</code>&lt;<code>string</code>, <code>string</code> | <code>number</code> | <code>boolean</code>&gt;</p><h6 id="starttime" tabindex="-1">startTime <a class="header-anchor" href="#starttime" aria-label="Permalink to &quot;startTime&quot;">​</a></h6><p><code>number</code></p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><a href="./SpanLike"><code>SpanLike</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/interfaces/TracerLike.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TracerLike = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TracerLike as default
};
