import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: KeyvEntry","description":"","frontmatter":{},"headers":[],"relativePath":"reference/keyv/interfaces/KeyvEntry.md","filePath":"reference/keyv/interfaces/KeyvEntry.md"}');
const _sfc_main = { name: "reference/keyv/interfaces/KeyvEntry.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-keyventry" tabindex="-1">Interface: KeyvEntry <a class="header-anchor" href="#interface-keyventry" aria-label="Permalink to &quot;Interface: KeyvEntry&quot;">​</a></h1><p>An entry as Keyv hands it to <code>setMany</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="key" tabindex="-1">key <a class="header-anchor" href="#key" aria-label="Permalink to &quot;key&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>key</strong>: <code>string</code></p></blockquote><p>With the namespace before it.</p><hr><h3 id="ttl" tabindex="-1">ttl? <a class="header-anchor" href="#ttl" aria-label="Permalink to &quot;ttl?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>ttl?</strong>: <code>number</code></p></blockquote><p>How long it lives, in milliseconds; without end when it is absent or 0.</p><hr><h3 id="value" tabindex="-1">value <a class="header-anchor" href="#value" aria-label="Permalink to &quot;value&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>value</strong>: <code>unknown</code></p></blockquote><p>What JSON has text for; Keyv hands over text.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/keyv/interfaces/KeyvEntry.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const KeyvEntry = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  KeyvEntry as default
};
