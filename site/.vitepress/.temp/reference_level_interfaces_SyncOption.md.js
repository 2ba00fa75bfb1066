import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: SyncOption","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/interfaces/SyncOption.md","filePath":"reference/level/interfaces/SyncOption.md"}');
const _sfc_main = { name: "reference/level/interfaces/SyncOption.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-syncoption" tabindex="-1">Interface: SyncOption <a class="header-anchor" href="#interface-syncoption" aria-label="Permalink to &quot;Interface: SyncOption&quot;">​</a></h1><p>What every write of Level may say beside its encodings.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./LevelBatchOptions"><code>LevelBatchOptions</code></a></li><li><a href="./LevelClearOptions"><code>LevelClearOptions</code></a></li><li><a href="./LevelDelOptions"><code>LevelDelOptions</code></a></li><li><a href="./LevelPutOptions"><code>LevelPutOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="sync" tabindex="-1">sync? <a class="header-anchor" href="#sync" aria-label="Permalink to &quot;sync?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>sync?</strong>: <code>boolean</code></p></blockquote><p>True: the write is on the disk when its promise resolves, and survives a power cut. False: it survives the end of the process. Without it the write is as the option <code>durability</code> of the database says.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/interfaces/SyncOption.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const SyncOption = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  SyncOption as default
};
