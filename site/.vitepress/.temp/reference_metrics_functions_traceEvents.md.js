import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: traceEvents()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/metrics/functions/traceEvents.md","filePath":"reference/metrics/functions/traceEvents.md"}');
const _sfc_main = { name: "reference/metrics/functions/traceEvents.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-traceevents" tabindex="-1">Function: traceEvents() <a class="header-anchor" href="#function-traceevents" aria-label="Permalink to &quot;Function: traceEvents()&quot;">​</a></h1><blockquote><p><strong>traceEvents</strong>(<code>db</code>, <code>tracer</code>): () =&gt; <code>void</code></p></blockquote><p>Makes a span of each flush, compaction, bulk load and stall of a database, once it is over: <code>varve.flush</code>, <code>varve.compaction</code>, <code>varve.ingest</code>, <code>varve.stall</code>. Their attributes are the fields of the event. Returns a function that ends it.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="db" tabindex="-1">db <a class="header-anchor" href="#db" aria-label="Permalink to &quot;db&quot;">​</a></h3><p><a href="./../interfaces/EventSource"><code>EventSource</code></a></p><h3 id="tracer" tabindex="-1">tracer <a class="header-anchor" href="#tracer" aria-label="Permalink to &quot;tracer&quot;">​</a></h3><p><a href="./../interfaces/TracerLike"><code>TracerLike</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p>() =&gt; <code>void</code></p><h2 id="example" tabindex="-1">Example <a class="header-anchor" href="#example" aria-label="Permalink to &quot;Example&quot;">​</a></h2><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">const</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> stop</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> traceEvents</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">(db, trace.</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">getTracer</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">(</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;">&#39;varve&#39;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">)); </span><span style="--shiki-light:#6A737D;--shiki-dark:#6A737D;">// import { trace } from &#39;@opentelemetry/api&#39;</span></span></code></pre></div></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/metrics/functions/traceEvents.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const traceEvents = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  traceEvents as default
};
