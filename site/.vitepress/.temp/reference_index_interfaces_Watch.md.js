import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Watch()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/Watch.md","filePath":"reference/index/interfaces/Watch.md"}');
const _sfc_main = { name: "reference/index/interfaces/Watch.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-watch" tabindex="-1">Interface: Watch() <a class="header-anchor" href="#interface-watch" aria-label="Permalink to &quot;Interface: Watch()&quot;">​</a></h1><p>Ends a watch when it is called. Idempotent.</p><blockquote><p><strong>Watch</strong>(): <code>void</code></p></blockquote><p>Ends a watch when it is called. Idempotent.</p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>void</code></p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="dispose" tabindex="-1">[dispose]() <a class="header-anchor" href="#dispose" aria-label="Permalink to &quot;\\[dispose\\]()&quot;">​</a></h3><blockquote><p><strong>[dispose]</strong>(): <code>void</code></p></blockquote><p>The same; for <code>using</code>.</p><h4 id="returns-1" tabindex="-1">Returns <a class="header-anchor" href="#returns-1" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>void</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/Watch.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Watch = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Watch as default
};
