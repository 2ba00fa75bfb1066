import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: KeyRequest","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/KeyRequest.md","filePath":"reference/index/interfaces/KeyRequest.md"}');
const _sfc_main = { name: "reference/index/interfaces/KeyRequest.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-keyrequest" tabindex="-1">Interface: KeyRequest <a class="header-anchor" href="#interface-keyrequest" aria-label="Permalink to &quot;Interface: KeyRequest&quot;">​</a></h1><p>What a key provider is told.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="location" tabindex="-1">location <a class="header-anchor" href="#location" aria-label="Permalink to &quot;location&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>location</strong>: <code>string</code></p></blockquote><p>The directory of the database, as an absolute path.</p><hr><h3 id="ringid" tabindex="-1">ringId <a class="header-anchor" href="#ringid" aria-label="Permalink to &quot;ringId&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>ringId</strong>: <code>string</code> | <code>undefined</code></p></blockquote><p>The id of the database&#39;s key ring, 32 hexadecimal digits: the same in every copy and after every rotation. Undefined for a database that is about to be created.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/KeyRequest.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const KeyRequest = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  KeyRequest as default
};
