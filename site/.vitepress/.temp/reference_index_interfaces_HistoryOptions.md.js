import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: HistoryOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/HistoryOptions.md","filePath":"reference/index/interfaces/HistoryOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/HistoryOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-historyoptions" tabindex="-1">Interface: HistoryOptions <a class="header-anchor" href="#interface-historyoptions" aria-label="Permalink to &quot;Interface: HistoryOptions&quot;">​</a></h1><p>How much of the log stays after its commits are in tables, for <code>db.changes</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="keepbytes" tabindex="-1">keepBytes? <a class="header-anchor" href="#keepbytes" aria-label="Permalink to &quot;keepBytes?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keepBytes?</strong>: <code>number</code></p></blockquote><p>Logs beyond so many bytes go all the same, the oldest first; 1 MiB to 64 TiB, default 1 GiB.</p><hr><h3 id="keepms" tabindex="-1">keepMs? <a class="header-anchor" href="#keepms" aria-label="Permalink to &quot;keepMs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keepMs?</strong>: <code>number</code></p></blockquote><p>Commits younger than this stay, in milliseconds; 1 to 10 years, default 7 days.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/HistoryOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const HistoryOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  HistoryOptions as default
};
