import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: IoErrorOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/IoErrorOptions.md","filePath":"reference/index/interfaces/IoErrorOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/IoErrorOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-ioerroroptions" tabindex="-1">Interface: IoErrorOptions <a class="header-anchor" href="#interface-ioerroroptions" aria-label="Permalink to &quot;Interface: IoErrorOptions&quot;">​</a></h1><p>The options of an IoError.</p><h2 id="extends" tabindex="-1">Extends <a class="header-anchor" href="#extends" aria-label="Permalink to &quot;Extends&quot;">​</a></h2><ul><li><a href="./StorageErrorOptions"><code>StorageErrorOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cause" tabindex="-1">cause? <a class="header-anchor" href="#cause" aria-label="Permalink to &quot;cause?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>cause?</strong>: <code>unknown</code></p></blockquote><p>The error behind it.</p><h4 id="inherited-from" tabindex="-1">Inherited from <a class="header-anchor" href="#inherited-from" aria-label="Permalink to &quot;Inherited from&quot;">​</a></h4><p><a href="./StorageErrorOptions"><code>StorageErrorOptions</code></a>.<a href="./StorageErrorOptions#cause"><code>cause</code></a></p><hr><h3 id="outcome" tabindex="-1">outcome? <a class="header-anchor" href="#outcome" aria-label="Permalink to &quot;outcome?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>outcome?</strong>: <a href="./../type-aliases/CommitOutcome"><code>CommitOutcome</code></a></p></blockquote><p>Default <code>&#39;not-applied&#39;</code>.</p><hr><h3 id="path" tabindex="-1">path? <a class="header-anchor" href="#path" aria-label="Permalink to &quot;path?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>path?</strong>: <code>string</code></p></blockquote><p>The file that the operation was about.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/IoErrorOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const IoErrorOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  IoErrorOptions as default
};
