import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: edge()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/functions/edge.md","filePath":"reference/graph/functions/edge.md"}');
const _sfc_main = { name: "reference/graph/functions/edge.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-edge" tabindex="-1">Function: edge() <a class="header-anchor" href="#function-edge" aria-label="Permalink to &quot;Function: edge()&quot;">​</a></h1><blockquote><p><strong>edge</strong>(<code>type?</code>): <a href="./../classes/EdgePattern"><code>EdgePattern</code></a>&lt;<code>never</code>&gt;</p></blockquote><p>An edge of a pattern, from left to right; of a type, or one of several, when they are given.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="type" tabindex="-1">type? <a class="header-anchor" href="#type" aria-label="Permalink to &quot;type?&quot;">​</a></h3><p><code>string</code> | readonly <code>string</code>[]</p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><a href="./../classes/EdgePattern"><code>EdgePattern</code></a>&lt;<code>never</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/functions/edge.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const edge = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  edge as default
};
