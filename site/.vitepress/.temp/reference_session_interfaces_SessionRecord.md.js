import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: SessionRecord","description":"","frontmatter":{},"headers":[],"relativePath":"reference/session/interfaces/SessionRecord.md","filePath":"reference/session/interfaces/SessionRecord.md"}');
const _sfc_main = { name: "reference/session/interfaces/SessionRecord.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-sessionrecord" tabindex="-1">Interface: SessionRecord <a class="header-anchor" href="#interface-sessionrecord" aria-label="Permalink to &quot;Interface: SessionRecord&quot;">​</a></h1><p>Data of a session, with the cookie, which says when the session ends.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cookie" tabindex="-1">cookie? <a class="header-anchor" href="#cookie" aria-label="Permalink to &quot;cookie?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>cookie?</strong>: <code>object</code></p></blockquote><p><code>expires</code> is a Date, or one as text; without it <code>maxAge</code> counts, in milliseconds.</p><h4 id="expires" tabindex="-1">expires? <a class="header-anchor" href="#expires" aria-label="Permalink to &quot;expires?&quot;">​</a></h4><blockquote><p><code>readonly</code> <code>optional</code> <strong>expires?</strong>: <code>unknown</code></p></blockquote><h4 id="maxage" tabindex="-1">maxAge? <a class="header-anchor" href="#maxage" aria-label="Permalink to &quot;maxAge?&quot;">​</a></h4><blockquote><p><code>readonly</code> <code>optional</code> <strong>maxAge?</strong>: <code>unknown</code></p></blockquote></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/session/interfaces/SessionRecord.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const SessionRecord = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  SessionRecord as default
};
