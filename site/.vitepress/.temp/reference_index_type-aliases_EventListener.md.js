import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EventListener<N>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/EventListener.md","filePath":"reference/index/type-aliases/EventListener.md"}');
const _sfc_main = { name: "reference/index/type-aliases/EventListener.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-eventlistener-n" tabindex="-1">Type Alias: EventListener&lt;N&gt; <a class="header-anchor" href="#type-alias-eventlistener-n" aria-label="Permalink to &quot;Type Alias: EventListener\\&lt;N\\&gt;&quot;">​</a></h1><blockquote><p><strong>EventListener</strong>&lt;<code>N</code>&gt; = (<code>event</code>) =&gt; <code>void</code></p></blockquote><p>Called once for each event of one name. An error that it throws or rejects with becomes a process warning.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="n" tabindex="-1">N <a class="header-anchor" href="#n" aria-label="Permalink to &quot;N&quot;">​</a></h3><p><code>N</code> <em>extends</em> <a href="./EventName"><code>EventName</code></a></p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="event" tabindex="-1">event <a class="header-anchor" href="#event" aria-label="Permalink to &quot;event&quot;">​</a></h3><p><a href="./../interfaces/EventMap"><code>EventMap</code></a>[<code>N</code>]</p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>void</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/EventListener.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EventListener = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EventListener as default
};
