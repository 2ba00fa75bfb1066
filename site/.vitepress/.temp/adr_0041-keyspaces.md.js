import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"41. Keyspaces by a number in front of each key","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0041-keyspaces.md","filePath":"adr/0041-keyspaces.md"}');
const _sfc_main = { name: "adr/0041-keyspaces.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_41-keyspaces-by-a-number-in-front-of-each-key" tabindex="-1">41. Keyspaces by a number in front of each key <a class="header-anchor" href="#_41-keyspaces-by-a-number-in-front-of-each-key" aria-label="Permalink to &quot;41. Keyspaces by a number in front of each key&quot;">​</a></h1><p>Accepted.</p><p><strong>Question.</strong> Kinds of records need keys, encodings, options and drops of their own. Where are they kept apart?</p><p><strong>Weighed.</strong></p><ul><li>A tree a keyspace, as column families have: own memtables cost 64 MiB each, or flush early; a program with hundreds of kinds is not rare; a commit over several needs one log that outlives each memtable.</li><li>Prefixes by the program: no catalog, nothing is dropped or measured as a whole, and every program gets an edge wrong.</li><li>A number in front of each key: one memtable, one log, one order. Chosen.</li></ul><p><strong>Decisions.</strong></p><ul><li>One byte for the first 240 numbers. The end of an open range is the next head, so the ceiling of 256 bytes 0xff and its limit on keys are gone.</li><li>The catalog is data in keyspace 0: changes are commits, and checkpoints, verification and repair carry it along.</li><li>Numbers are never reused. What a drop leaves behind can never show again, even when its removal is cut short.</li><li>A commit looks whether its keyspaces are there in the step that gives it its place. A write that was asked before a drop and waits for a lock or for room comes after the drop and is refused.</li><li>Compaction ends a table where a keyspace ends, from a quarter of the target size on. Below that they share one: a hundred small keyspaces would make a hundred small tables, which the merging of small tables would join again.</li><li>A flush does not end its table there. Level 0 is counted in tables, and a memtable of twenty kinds would make twenty. A keyspace that filled a memtable by itself still has a table by itself.</li><li>A drop removes tables without reading them, in the place of a compaction. Tables with range tombstones stay for compaction: a tombstone may hide entries of a table that reaches over the range.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0041-keyspaces.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0041Keyspaces = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0041Keyspaces as default
};
