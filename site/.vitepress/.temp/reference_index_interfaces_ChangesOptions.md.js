import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ChangesOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ChangesOptions.md","filePath":"reference/index/interfaces/ChangesOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/ChangesOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-changesoptions" tabindex="-1">Interface: ChangesOptions <a class="header-anchor" href="#interface-changesoptions" aria-label="Permalink to &quot;Interface: ChangesOptions&quot;">​</a></h1><p>Options of <code>changes</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="follow" tabindex="-1">follow? <a class="header-anchor" href="#follow" aria-label="Permalink to &quot;follow?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>follow?</strong>: <code>boolean</code></p></blockquote><p>False: the stream ends when it has shown what was committed. Default true: it waits for more.</p><hr><h3 id="in" tabindex="-1">in? <a class="header-anchor" href="#in" aria-label="Permalink to &quot;in?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>in?</strong>: <a href="./KeyspaceRef"><code>KeyspaceRef</code></a>&lt;<code>never</code>, <code>unknown</code>&gt; | readonly <a href="./KeyspaceRef"><code>KeyspaceRef</code></a>&lt;<code>never</code>, <code>unknown</code>&gt;[]</p></blockquote><p>Only operations in these keyspaces of the database; a commit without any is left out.</p><hr><h3 id="signal" tabindex="-1">signal? <a class="header-anchor" href="#signal" aria-label="Permalink to &quot;signal?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>signal?</strong>: <code>AbortSignal</code></p></blockquote><p>Ends the stream: the step that waits rejects with AbortedError.</p><hr><h3 id="since" tabindex="-1">since? <a class="header-anchor" href="#since" aria-label="Permalink to &quot;since?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>since?</strong>: <code>number</code> | <code>Date</code></p></blockquote><p>The <code>sequence</code> of the commit after which the stream begins, 0 for the very first; or a time, for commits at or after it. By default the stream shows what is committed from now on.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ChangesOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ChangesOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ChangesOptions as default
};
