import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: RangeOptions<K>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/RangeOptions.md","filePath":"reference/index/interfaces/RangeOptions.md"}');
const _sfc_main = { name: "reference/index/interfaces/RangeOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-rangeoptions-k" tabindex="-1">Interface: RangeOptions&lt;K&gt; <a class="header-anchor" href="#interface-rangeoptions-k" aria-label="Permalink to &quot;Interface: RangeOptions\\&lt;K\\&gt;&quot;">​</a></h1><p>Range of keys, in the caller&#39;s key type. At most one bound on each side is needed; the tighter one counts.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./ScanOptions"><code>ScanOptions</code></a></li></ul><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="gt" tabindex="-1">gt? <a class="header-anchor" href="#gt" aria-label="Permalink to &quot;gt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>gt?</strong>: <code>K</code></p></blockquote><p>Keys after this one.</p><hr><h3 id="gte" tabindex="-1">gte? <a class="header-anchor" href="#gte" aria-label="Permalink to &quot;gte?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>gte?</strong>: <code>K</code></p></blockquote><p>This key and those after it.</p><hr><h3 id="lt" tabindex="-1">lt? <a class="header-anchor" href="#lt" aria-label="Permalink to &quot;lt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>lt?</strong>: <code>K</code></p></blockquote><p>Keys before this one.</p><hr><h3 id="lte" tabindex="-1">lte? <a class="header-anchor" href="#lte" aria-label="Permalink to &quot;lte?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>lte?</strong>: <code>K</code></p></blockquote><p>This key and those before it.</p><hr><h3 id="prefix" tabindex="-1">prefix? <a class="header-anchor" href="#prefix" aria-label="Permalink to &quot;prefix?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>prefix?</strong>: <code>K</code></p></blockquote><p>Keys whose encoded bytes start with these; with the encoding <code>tuple</code>, those that begin with these elements.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/RangeOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RangeOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RangeOptions as default
};
