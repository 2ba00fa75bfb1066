import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: VerifyProblem","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/VerifyProblem.md","filePath":"reference/index/interfaces/VerifyProblem.md"}');
const _sfc_main = { name: "reference/index/interfaces/VerifyProblem.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-verifyproblem" tabindex="-1">Interface: VerifyProblem <a class="header-anchor" href="#interface-verifyproblem" aria-label="Permalink to &quot;Interface: VerifyProblem&quot;">​</a></h1><p>Something that is wrong in a database.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="code" tabindex="-1">code <a class="header-anchor" href="#code" aria-label="Permalink to &quot;code&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>code</strong>: <code>string</code></p></blockquote><p>The <code>code</code> of the error, such as <code>CORRUPTION</code>.</p><hr><h3 id="file" tabindex="-1">file <a class="header-anchor" href="#file" aria-label="Permalink to &quot;file&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>file</strong>: <code>string</code> | <code>undefined</code></p></blockquote><p>Path of the file, or undefined for the shape of the tree.</p><hr><h3 id="message" tabindex="-1">message <a class="header-anchor" href="#message" aria-label="Permalink to &quot;message&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>message</strong>: <code>string</code></p></blockquote><p>The finding, in words for people.</p><hr><h3 id="offset" tabindex="-1">offset <a class="header-anchor" href="#offset" aria-label="Permalink to &quot;offset&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>offset</strong>: <code>number</code> | <code>undefined</code></p></blockquote><p>Where in the file, in bytes from its start; undefined when it is not known.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/VerifyProblem.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const VerifyProblem = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  VerifyProblem as default
};
