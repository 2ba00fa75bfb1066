import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: RepairLossKind","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/RepairLossKind.md","filePath":"reference/index/type-aliases/RepairLossKind.md"}');
const _sfc_main = { name: "reference/index/type-aliases/RepairLossKind.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-repairlosskind" tabindex="-1">Type Alias: RepairLossKind <a class="header-anchor" href="#type-alias-repairlosskind" aria-label="Permalink to &quot;Type Alias: RepairLossKind&quot;">​</a></h1><blockquote><p><strong>RepairLossKind</strong> = <code>&quot;manifest&quot;</code> | <code>&quot;table&quot;</code> | <code>&quot;block&quot;</code> | <code>&quot;range-tombstones&quot;</code> | <code>&quot;log&quot;</code> | <code>&quot;commits&quot;</code></p></blockquote><p>manifest no manifest can be believed: the live tables and the deletions are guesses table a whole table is missing or unreadable, or the rest of one whose index is lost block one block of a table range-tombstones deletions of ranges: deleted keys may be back log a whole log is missing or unreadable, or the rest of one commits commits between two intact frames, or behind the last one</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/RepairLossKind.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RepairLossKind = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RepairLossKind as default
};
