import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: StoredObject","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/StoredObject.md","filePath":"reference/index/interfaces/StoredObject.md"}');
const _sfc_main = { name: "reference/index/interfaces/StoredObject.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-storedobject" tabindex="-1">Interface: StoredObject <a class="header-anchor" href="#interface-storedobject" aria-label="Permalink to &quot;Interface: StoredObject&quot;">​</a></h1><p>An object in a store, as <code>list</code> shows it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="name" tabindex="-1">name <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>name</strong>: <code>string</code></p></blockquote><p>Its whole name, the prefix included.</p><hr><h3 id="sizebytes" tabindex="-1">sizeBytes <a class="header-anchor" href="#sizebytes" aria-label="Permalink to &quot;sizeBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sizeBytes</strong>: <code>number</code></p></blockquote><p>Bytes of its content.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/StoredObject.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StoredObject = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StoredObject as default
};
