import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LevelStats","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/LevelStats.md","filePath":"reference/index/interfaces/LevelStats.md"}');
const _sfc_main = { name: "reference/index/interfaces/LevelStats.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-levelstats" tabindex="-1">Interface: LevelStats <a class="header-anchor" href="#interface-levelstats" aria-label="Permalink to &quot;Interface: LevelStats&quot;">​</a></h1><p>One level of the tree.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="entrycount" tabindex="-1">entryCount <a class="header-anchor" href="#entrycount" aria-label="Permalink to &quot;entryCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>entryCount</strong>: <code>number</code></p></blockquote><p>Entries in these tables, old versions and tombstones included.</p><hr><h3 id="level" tabindex="-1">level <a class="header-anchor" href="#level" aria-label="Permalink to &quot;level&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>level</strong>: <code>number</code></p></blockquote><p>Its number, from 0.</p><hr><h3 id="sizebytes" tabindex="-1">sizeBytes <a class="header-anchor" href="#sizebytes" aria-label="Permalink to &quot;sizeBytes&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sizeBytes</strong>: <code>number</code></p></blockquote><p>Bytes of these tables.</p><hr><h3 id="tablecount" tabindex="-1">tableCount <a class="header-anchor" href="#tablecount" aria-label="Permalink to &quot;tableCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>tableCount</strong>: <code>number</code></p></blockquote><p>Tables in it.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/LevelStats.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LevelStats = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LevelStats as default
};
