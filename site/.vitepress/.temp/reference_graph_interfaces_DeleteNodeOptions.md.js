import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: DeleteNodeOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/DeleteNodeOptions.md","filePath":"reference/graph/interfaces/DeleteNodeOptions.md"}');
const _sfc_main = { name: "reference/graph/interfaces/DeleteNodeOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-deletenodeoptions" tabindex="-1">Interface: DeleteNodeOptions <a class="header-anchor" href="#interface-deletenodeoptions" aria-label="Permalink to &quot;Interface: DeleteNodeOptions&quot;">​</a></h1><p>Options of <code>deleteNode</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="cascade" tabindex="-1">cascade? <a class="header-anchor" href="#cascade" aria-label="Permalink to &quot;cascade?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>cascade?</strong>: <code>boolean</code></p></blockquote><p>Deletes the edges of the node too. Default false: a node with edges is refused.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/DeleteNodeOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DeleteNodeOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DeleteNodeOptions as default
};
