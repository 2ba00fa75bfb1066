import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LevelBatchOptions<K, V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/interfaces/LevelBatchOptions.md","filePath":"reference/level/interfaces/LevelBatchOptions.md"}');
const _sfc_main = { name: "reference/level/interfaces/LevelBatchOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-levelbatchoptions-k-v" tabindex="-1">Interface: LevelBatchOptions&lt;K, V&gt; <a class="header-anchor" href="#interface-levelbatchoptions-k-v" aria-label="Permalink to &quot;Interface: LevelBatchOptions\\&lt;K, V\\&gt;&quot;">​</a></h1><p>Options of a batch.</p><h2 id="extends" tabindex="-1">Extends <a class="header-anchor" href="#extends" aria-label="Permalink to &quot;Extends&quot;">​</a></h2><ul><li><code>AbstractBatchOptions</code>&lt;<code>K</code>, <code>V</code>&gt;</li><li><a href="./SyncOption"><code>SyncOption</code></a></li></ul><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="sync" tabindex="-1">sync? <a class="header-anchor" href="#sync" aria-label="Permalink to &quot;sync?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>sync?</strong>: <code>boolean</code></p></blockquote><p>True: the write is on the disk when its promise resolves, and survives a power cut. False: it survives the end of the process. Without it the write is as the option <code>durability</code> of the database says.</p><h4 id="inherited-from" tabindex="-1">Inherited from <a class="header-anchor" href="#inherited-from" aria-label="Permalink to &quot;Inherited from&quot;">​</a></h4><p><a href="./SyncOption"><code>SyncOption</code></a>.<a href="./SyncOption#sync"><code>sync</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/interfaces/LevelBatchOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LevelBatchOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LevelBatchOptions as default
};
