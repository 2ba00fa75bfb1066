import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Environment","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/Environment.md","filePath":"reference/index/interfaces/Environment.md"}');
const _sfc_main = { name: "reference/index/interfaces/Environment.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-environment" tabindex="-1">Interface: Environment <a class="header-anchor" href="#interface-environment" aria-label="Permalink to &quot;Interface: Environment&quot;">​</a></h1><p>The parts that a test injects.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="clock" tabindex="-1">clock <a class="header-anchor" href="#clock" aria-label="Permalink to &quot;clock&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>clock</strong>: <a href="./Clock"><code>Clock</code></a></p></blockquote><p>The only clock and timers that the database uses.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/Environment.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Environment = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Environment as default
};
