import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: StandardIssue","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/StandardIssue.md","filePath":"reference/documents/interfaces/StandardIssue.md"}');
const _sfc_main = { name: "reference/documents/interfaces/StandardIssue.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-standardissue" tabindex="-1">Interface: StandardIssue <a class="header-anchor" href="#interface-standardissue" aria-label="Permalink to &quot;Interface: StandardIssue&quot;">​</a></h1><p>What a schema finds wrong.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="message" tabindex="-1">message <a class="header-anchor" href="#message" aria-label="Permalink to &quot;message&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>message</strong>: <code>string</code></p></blockquote><p>In words.</p><hr><h3 id="path" tabindex="-1">path? <a class="header-anchor" href="#path" aria-label="Permalink to &quot;path?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>path?</strong>: readonly (<code>PropertyKey</code> | { <code>key</code>: <code>PropertyKey</code>; })[]</p></blockquote><p>The way to it: names, positions, or objects that have them as <code>key</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/StandardIssue.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const StandardIssue = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  StandardIssue as default
};
