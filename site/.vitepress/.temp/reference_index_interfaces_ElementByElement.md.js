import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: ElementByElement","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/ElementByElement.md","filePath":"reference/index/interfaces/ElementByElement.md"}');
const _sfc_main = { name: "reference/index/interfaces/ElementByElement.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-elementbyelement" tabindex="-1">Interface: ElementByElement <a class="header-anchor" href="#interface-elementbyelement" aria-label="Permalink to &quot;Interface: ElementByElement&quot;">​</a></h1><p>Says to the compiler that an array is to be taken element by element. Otherwise it drops an element of <code>[...others, one]</code> whose type another one has too, and does not find a place for one behind a spread.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="_0" tabindex="-1">0? <a class="header-anchor" href="#_0" aria-label="Permalink to &quot;0?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>0?</strong>: <code>object</code></p></blockquote><p>Not read.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/ElementByElement.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ElementByElement = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ElementByElement as default
};
