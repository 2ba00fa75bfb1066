import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Class: Savepoint","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/classes/Savepoint.md","filePath":"reference/index/classes/Savepoint.md"}');
const _sfc_main = { name: "reference/index/classes/Savepoint.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="class-savepoint" tabindex="-1">Class: Savepoint <a class="header-anchor" href="#class-savepoint" aria-label="Permalink to &quot;Class: Savepoint&quot;">​</a></h1><p>A point to come back to with <code>tx.rollbackTo</code>. Made by <code>tx.savepoint()</code>; it needs no closing.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/classes/Savepoint.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Savepoint = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Savepoint as default
};
