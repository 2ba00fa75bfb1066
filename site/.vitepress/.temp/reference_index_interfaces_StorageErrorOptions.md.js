import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: StorageErrorOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/StorageErrorOptions.md","filePath":"reference/index/interfaces/StorageErrorOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/StorageErrorOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-storageerroroptions" tabindex="-1">Interface: StorageErrorOptions <a class="header-anchor" href="#interface-storageerroroptions" aria-label="Permalink to &quot;Interface: StorageErrorOptions&quot;">​</a></h1><p>The options of every error of this library.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./CorruptionErrorOptions"><code>CorruptionErrorOptions</code></a></li><li><a href="./IoErrorOptions"><code>IoErrorOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cause" tabindex="-1">cause? <a class="header-anchor" href="#cause" aria-label="Permalink to &quot;cause?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>cause?</strong>: <code>unknown</code></p></blockquote><p>The error behind it.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/StorageErrorOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StorageErrorOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StorageErrorOptions as default
};
