import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: CorruptionErrorOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/CorruptionErrorOptions.md","filePath":"reference/index/interfaces/CorruptionErrorOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/CorruptionErrorOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-corruptionerroroptions" tabindex="-1">Interface: CorruptionErrorOptions <a class="header-anchor" href="#interface-corruptionerroroptions" aria-label="Permalink to &quot;Interface: CorruptionErrorOptions&quot;">​</a></h1><p>The options of a CorruptionError.</p><h2 id="extends" tabindex="-1">Extends <a class="header-anchor" href="#extends" aria-label="Permalink to &quot;Extends&quot;">​</a></h2><ul><li><a href="./StorageErrorOptions"><code>StorageErrorOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cause" tabindex="-1">cause? <a class="header-anchor" href="#cause" aria-label="Permalink to &quot;cause?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>cause?</strong>: <code>unknown</code></p></blockquote><p>The error behind it.</p><h4 id="inherited-from" tabindex="-1">Inherited from <a class="header-anchor" href="#inherited-from" aria-label="Permalink to &quot;Inherited from&quot;">​</a></h4><p><a href="./StorageErrorOptions"><code>StorageErrorOptions</code></a>.<a href="./StorageErrorOptions#cause"><code>cause</code></a></p><hr><h3 id="file" tabindex="-1">file? <a class="header-anchor" href="#file" aria-label="Permalink to &quot;file?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>file?</strong>: <code>string</code></p></blockquote><p>The path of the damaged file.</p><hr><h3 id="offset" tabindex="-1">offset? <a class="header-anchor" href="#offset" aria-label="Permalink to &quot;offset?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>offset?</strong>: <code>number</code></p></blockquote><p>Where in the file, in bytes from its start.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/CorruptionErrorOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CorruptionErrorOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CorruptionErrorOptions as default
};
