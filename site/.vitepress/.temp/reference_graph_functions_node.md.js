import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: node()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/functions/node.md","filePath":"reference/graph/functions/node.md"}');
const _sfc_main = { name: "reference/graph/functions/node.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-node" tabindex="-1">Function: node() <a class="header-anchor" href="#function-node" aria-label="Permalink to &quot;Function: node()&quot;">​</a></h1><blockquote><p><strong>node</strong>&lt;<code>N</code>&gt;(<code>name</code>, <code>label?</code>): <a href="./../classes/NodePattern"><code>NodePattern</code></a>&lt;<code>N</code>&gt;</p></blockquote><p>A node of a pattern, under a name; of a label when one is given. A name that comes twice is the same node.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="n" tabindex="-1">N <a class="header-anchor" href="#n" aria-label="Permalink to &quot;N&quot;">​</a></h3><p><code>N</code> <em>extends</em> <code>string</code></p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="name" tabindex="-1">name <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name&quot;">​</a></h3><p><code>N</code></p><h3 id="label" tabindex="-1">label? <a class="header-anchor" href="#label" aria-label="Permalink to &quot;label?&quot;">​</a></h3><p><code>string</code></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><a href="./../classes/NodePattern"><code>NodePattern</code></a>&lt;<code>N</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/functions/node.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const node = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  node as default
};
