import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Step","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/Step.md","filePath":"reference/graph/interfaces/Step.md"}');
const _sfc_main = { name: "reference/graph/interfaces/Step.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-step" tabindex="-1">Interface: Step <a class="header-anchor" href="#interface-step" aria-label="Permalink to &quot;Interface: Step&quot;">​</a></h1><p>A node as a traversal meets it.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="depth" tabindex="-1">depth <a class="header-anchor" href="#depth" aria-label="Permalink to &quot;depth&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>depth</strong>: <code>number</code></p></blockquote><p>Edges from the start.</p><hr><h3 id="edge" tabindex="-1">edge <a class="header-anchor" href="#edge" aria-label="Permalink to &quot;edge&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>edge</strong>: <code>number</code> | <code>undefined</code></p></blockquote><p>The edge that led here; undefined at the start.</p><hr><h3 id="node" tabindex="-1">node <a class="header-anchor" href="#node" aria-label="Permalink to &quot;node&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>node</strong>: <code>number</code></p></blockquote><p>The node that is met.</p><hr><h3 id="previous" tabindex="-1">previous <a class="header-anchor" href="#previous" aria-label="Permalink to &quot;previous&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>previous</strong>: <code>Step</code> | <code>undefined</code></p></blockquote><p>The step before; undefined at the start.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/Step.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Step = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Step as default
};
