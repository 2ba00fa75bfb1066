import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0004: Iterators","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0004-iterators.md","filePath":"adr/0004-iterators.md"}');
const _sfc_main = { name: "adr/0004-iterators.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0004-iterators" tabindex="-1">0004: Iterators <a class="header-anchor" href="#_0004-iterators" aria-label="Permalink to &quot;0004: Iterators&quot;">​</a></h1><p>Accepted.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>A scan merges memtables and tables, and some blocks are not in memory. The loop runs for every entry, so its form decides its speed. A merge of six sources in a prototype, entries a second: callback with views 20 million, cursor object 10 million (only the value turned into a string), generator of string pairs 7 million, async generator 3.7 million.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>Below the API everything is a cursor (<a href="https://github.com/OWNER/varve/blob/main/src/iterator/internal-iterator.ts" target="_blank" rel="noreferrer">internal-iterator.ts</a>): seek, step, and fields that describe the current entry. A step is a plain function.</li><li>A step that needs a block returns <code>NEEDS_BLOCK</code> and changes nothing that can be seen. The caller awaits <code>load()</code>, or calls <code>loadSync()</code>, once, and then <code>resume()</code>. So one implementation serves <code>for</code> and <code>for await</code>, and waiting costs once a block and not once an entry.</li><li>A cursor goes in the direction of its seek only.</li><li>Merging is a binary heap that remembers the runner-up.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Async iterators throughout.</strong> An <code>await</code> costs about 50 ns, for every entry and every layer.</li><li><strong>Two sets of iterators</strong>, synchronous and not. Twice the code and twice the bugs.</li><li><strong>Turning around at any time.</strong> Every cursor would have to know where its neighbours are; nobody asked for it.</li><li><strong>Linear minimum or loser tree</strong> for the merge: equal within noise at six sources; the heap stays good at more.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0004-iterators.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0004Iterators = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0004Iterators as default
};
