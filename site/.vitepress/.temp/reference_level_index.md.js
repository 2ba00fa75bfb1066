import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"level","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/index.md","filePath":"reference/level/index.md"}');
const _sfc_main = { name: "reference/level/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../"><strong>varve</strong></a></p><hr><h1 id="level" tabindex="-1">level <a class="header-anchor" href="#level" aria-label="Permalink to &quot;level&quot;">​</a></h1><h2 id="classes" tabindex="-1">Classes <a class="header-anchor" href="#classes" aria-label="Permalink to &quot;Classes&quot;">​</a></h2><ul><li><a href="./classes/LevelError">LevelError</a></li><li><a href="./classes/VarveLevel">VarveLevel</a></li></ul><h2 id="interfaces" tabindex="-1">Interfaces <a class="header-anchor" href="#interfaces" aria-label="Permalink to &quot;Interfaces&quot;">​</a></h2><ul><li><a href="./interfaces/LevelBatchOptions">LevelBatchOptions</a></li><li><a href="./interfaces/LevelChainedBatch">LevelChainedBatch</a></li><li><a href="./interfaces/LevelChainedPutOptions">LevelChainedPutOptions</a></li><li><a href="./interfaces/LevelClearOptions">LevelClearOptions</a></li><li><a href="./interfaces/LevelDelOptions">LevelDelOptions</a></li><li><a href="./interfaces/LevelOpenOptions">LevelOpenOptions</a></li><li><a href="./interfaces/LevelOptions">LevelOptions</a></li><li><a href="./interfaces/LevelOverOptions">LevelOverOptions</a></li><li><a href="./interfaces/LevelPutOptions">LevelPutOptions</a></li><li><a href="./interfaces/LevelRangeOptions">LevelRangeOptions</a></li><li><a href="./interfaces/SyncOption">SyncOption</a></li></ul><h2 id="type-aliases" tabindex="-1">Type Aliases <a class="header-anchor" href="#type-aliases" aria-label="Permalink to &quot;Type Aliases&quot;">​</a></h2><ul><li><a href="./type-aliases/LevelHasItsOwn">LevelHasItsOwn</a></li><li><a href="./type-aliases/LevelWriteOptions">LevelWriteOptions</a></li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
