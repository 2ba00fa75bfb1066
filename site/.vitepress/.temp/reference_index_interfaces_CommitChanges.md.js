import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: CommitChanges","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/CommitChanges.md","filePath":"reference/index/interfaces/CommitChanges.md"}');
const _sfc_main = { name: "reference/index/interfaces/CommitChanges.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-commitchanges" tabindex="-1">Interface: CommitChanges <a class="header-anchor" href="#interface-commitchanges" aria-label="Permalink to &quot;Interface: CommitChanges&quot;">​</a></h1><p>A commit: all that one put, batch or transaction has written.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="operations" tabindex="-1">operations <a class="header-anchor" href="#operations" aria-label="Permalink to &quot;operations&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>operations</strong>: readonly <a href="./../type-aliases/Change"><code>Change</code></a>[]</p></blockquote><p>In their order, at least one.</p><hr><h3 id="sequence" tabindex="-1">sequence <a class="header-anchor" href="#sequence" aria-label="Permalink to &quot;sequence&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sequence</strong>: <code>number</code></p></blockquote><p>Its place in the order of commits, for <code>since</code>. It grows by the number of operations, not by one.</p><hr><h3 id="time" tabindex="-1">time <a class="header-anchor" href="#time" aria-label="Permalink to &quot;time&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>time</strong>: <code>Date</code></p></blockquote><p>When it was written, by the clock of the system; it never goes back.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/CommitChanges.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CommitChanges = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CommitChanges as default
};
