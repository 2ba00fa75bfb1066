import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LevelRangeOptions<K>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/interfaces/LevelRangeOptions.md","filePath":"reference/level/interfaces/LevelRangeOptions.md"}');
const _sfc_main = { name: "reference/level/interfaces/LevelRangeOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-levelrangeoptions-k" tabindex="-1">Interface: LevelRangeOptions&lt;K&gt; <a class="header-anchor" href="#interface-levelrangeoptions-k" aria-label="Permalink to &quot;Interface: LevelRangeOptions\\&lt;K\\&gt;&quot;">​</a></h1><p>Options of <code>compactRange</code> and <code>approximateSize</code>.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="keyencoding" tabindex="-1">keyEncoding? <a class="header-anchor" href="#keyencoding" aria-label="Permalink to &quot;keyEncoding?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keyEncoding?</strong>: <code>string</code> | <code>PartialEncoder</code>&lt;<code>K</code>&gt;</p></blockquote><p>The encoding of the two keys; that of the database by default.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/interfaces/LevelRangeOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LevelRangeOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LevelRangeOptions as default
};
