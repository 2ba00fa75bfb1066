import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: LevelOverOptions<K, V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/level/interfaces/LevelOverOptions.md","filePath":"reference/level/interfaces/LevelOverOptions.md"}');
const _sfc_main = { name: "reference/level/interfaces/LevelOverOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-leveloveroptions-k-v" tabindex="-1">Interface: LevelOverOptions&lt;K, V&gt; <a class="header-anchor" href="#interface-leveloveroptions-k-v" aria-label="Permalink to &quot;Interface: LevelOverOptions\\&lt;K, V\\&gt;&quot;">​</a></h1><p>Options of a VarveLevel over a database that is open.</p><h2 id="extends" tabindex="-1">Extends <a class="header-anchor" href="#extends" aria-label="Permalink to &quot;Extends&quot;">​</a></h2><ul><li><code>AbstractDatabaseOptions</code>&lt;<code>K</code>, <code>V</code>&gt;</li></ul><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="keyspace" tabindex="-1">keyspace? <a class="header-anchor" href="#keyspace" aria-label="Permalink to &quot;keyspace?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keyspace?</strong>: <code>string</code></p></blockquote><p>The keyspace that it reads and writes. Without it the database&#39;s own keys, which must be bytes then.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/level/interfaces/LevelOverOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LevelOverOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LevelOverOptions as default
};
