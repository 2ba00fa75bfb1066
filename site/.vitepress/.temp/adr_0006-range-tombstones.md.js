import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0006: Range tombstones","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0006-range-tombstones.md","filePath":"adr/0006-range-tombstones.md"}');
const _sfc_main = { name: "adr/0006-range-tombstones.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0006-range-tombstones" tabindex="-1">0006: Range tombstones <a class="header-anchor" href="#_0006-range-tombstones" aria-label="Permalink to &quot;0006: Range tombstones&quot;">​</a></h1><p>Accepted. Fragments and scans are superseded by <a href="/adr/0030-range-tombstones-as-written">0030</a>.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Deleting a million keys one by one writes a million tombstones. One record can say it. But then every read has to know whether a newer range deletion covers its key, and compaction has to carry such records through tables that are split.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>Each source (memtable, table) keeps its range tombstones <strong>fragmented</strong>: disjoint ranges, each with the stack of sequences that deleted it (<a href="https://github.com/OWNER/varve/blob/main/src/iterator/range-tombstones.ts" target="_blank" rel="noreferrer">range-tombstones.ts</a>). A lookup is one binary search; a source without any costs one comparison.</li><li>A point read goes from new to old; a source&#39;s range tombstone over the key answers for everything older.</li><li>A scan passes covered entries one by one. Seeking past the range would skip newer entries inside it.</li><li>A compaction <strong>clips</strong> tombstones at the bounds of its outputs. The outputs&#39; share of the key space has no gaps, so the pieces add up.</li><li>A table&#39;s bounds include its range tombstones; its largest key may be exclusive.</li><li>A range without an upper bound ends at 256 bytes of 0xff, which keys must not begin with.</li><li>For conflicts, range deletions count like writes, on both sides.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Scan and delete.</strong> O(keys), not one record, and it conflicts with half of everything.</li><li><strong>One list of range deletions for the whole tree.</strong> It needs a lifetime of its own, and knows nothing of levels.</li><li><strong>Adding to a sorted structure on each read.</strong> Fragmenting at the write costs O(boundaries), and writes are rarer.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0006-range-tombstones.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0006RangeTombstones = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0006RangeTombstones as default
};
