import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: IndexRange","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/IndexRange.md","filePath":"reference/index/interfaces/IndexRange.md"}');
const _sfc_main = { name: "reference/index/interfaces/IndexRange.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-indexrange" tabindex="-1">Interface: IndexRange <a class="header-anchor" href="#interface-indexrange" aria-label="Permalink to &quot;Interface: IndexRange&quot;">​</a></h1><p>The entries of an index that a scan shows. Bounds are compared with as many values as they have: <code>lte: [&#39;DE&#39;]</code> takes every entry whose first value is <code>&#39;DE&#39;</code> or before it, and <code>gt: [&#39;DE&#39;]</code> none of those.</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="./IndexScanOptions"><code>IndexScanOptions</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="gt" tabindex="-1">gt? <a class="header-anchor" href="#gt" aria-label="Permalink to &quot;gt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>gt?</strong>: readonly <a href="./../type-aliases/TupleElement"><code>TupleElement</code></a>[]</p></blockquote><p>Entries after all those that begin with these values.</p><hr><h3 id="gte" tabindex="-1">gte? <a class="header-anchor" href="#gte" aria-label="Permalink to &quot;gte?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>gte?</strong>: readonly <a href="./../type-aliases/TupleElement"><code>TupleElement</code></a>[]</p></blockquote><p>These values and those after them.</p><hr><h3 id="lt" tabindex="-1">lt? <a class="header-anchor" href="#lt" aria-label="Permalink to &quot;lt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>lt?</strong>: readonly <a href="./../type-aliases/TupleElement"><code>TupleElement</code></a>[]</p></blockquote><p>Entries before these values.</p><hr><h3 id="lte" tabindex="-1">lte? <a class="header-anchor" href="#lte" aria-label="Permalink to &quot;lte?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>lte?</strong>: readonly <a href="./../type-aliases/TupleElement"><code>TupleElement</code></a>[]</p></blockquote><p>Entries before these values, and those that begin with them.</p><hr><h3 id="prefix" tabindex="-1">prefix? <a class="header-anchor" href="#prefix" aria-label="Permalink to &quot;prefix?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>prefix?</strong>: readonly <a href="./../type-aliases/TupleElement"><code>TupleElement</code></a>[]</p></blockquote><p>Entries whose values begin with these.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/IndexRange.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const IndexRange = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  IndexRange as default
};
