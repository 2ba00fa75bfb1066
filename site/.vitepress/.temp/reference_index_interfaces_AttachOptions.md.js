import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: AttachOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/AttachOptions.md","filePath":"reference/index/interfaces/AttachOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/AttachOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-attachoptions" tabindex="-1">Interface: AttachOptions <a class="header-anchor" href="#interface-attachoptions" aria-label="Permalink to &quot;Interface: AttachOptions&quot;">​</a></h1><p>Options of <code>attach</code>: the encodings of this thread. They bind as those of <code>open</code> do.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="keyencoding" tabindex="-1">keyEncoding? <a class="header-anchor" href="#keyencoding" aria-label="Permalink to &quot;keyEncoding?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keyEncoding?</strong>: <a href="./../type-aliases/EncodingOption"><code>EncodingOption</code></a></p></blockquote><p>Default <code>&#39;view&#39;</code>: Uint8Array.</p><hr><h3 id="valueencoding" tabindex="-1">valueEncoding? <a class="header-anchor" href="#valueencoding" aria-label="Permalink to &quot;valueEncoding?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>valueEncoding?</strong>: <a href="./../type-aliases/EncodingOption"><code>EncodingOption</code></a></p></blockquote><p>Default <code>&#39;view&#39;</code>: Uint8Array.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/AttachOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const AttachOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  AttachOptions as default
};
