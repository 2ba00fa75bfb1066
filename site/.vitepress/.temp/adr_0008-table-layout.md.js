import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0008: Table layout","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0008-table-layout.md","filePath":"adr/0008-table-layout.md"}');
const _sfc_main = { name: "adr/0008-table-layout.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0008-table-layout" tabindex="-1">0008: Table layout <a class="header-anchor" href="#_0008-table-layout" aria-label="Permalink to &quot;0008: Table layout&quot;">​</a></h1><p>Accepted. The format is <a href="/formats/table">formats/table.md</a>.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>The classic block has prefix-compressed entries with restart points: a search jumps to a restart point and decodes up to sixteen entries. In JavaScript each decoded varint and each byte of a key costs.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li><strong>Arrays first.</strong> A block holds the prefix that all its keys share once, then the next four key bytes of every entry as an array of integers, then an array of record offsets, then the records. A search compares integers and touches a record only where four bytes tie. As sign-flipped int32 they never leave the range of unboxed integers.</li><li>Flags leave out what a block does not need: sequences when all are equal, types when all are values.</li><li>A value of at least the block size has a block of its own.</li><li>Blocks lie end to end and each has a checksum; the footer accounts for every byte, so lost or gained bytes are noticed at open.</li><li>Index, filter and range tombstones stay in memory while a table is open.</li><li><strong>One filter class</strong>: <code>BloomFilter</code> of the <code>bloom-filters</code> package, with its sizing and its bit set, and a probing of our own in 512-bit lines with the hash that the engine has anyway.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Restart points</strong>: 0.6 million cached point reads a second, against 1.0 to 1.3 million, for 5 % less space.</li><li><strong>A hash index for each table</strong>: 1.8 to 3.2 million, for 8 to 12 bytes of memory a key. Later, as an option.</li><li><strong>Larger blocks</strong>: building is 8 to 14 % faster, an uncached compressed read costs three times as much.</li><li><strong>The package&#39;s filter as it is</strong>: 9.2 us to add a key and 5.3 us to probe, against 13 and 11 ns.</li><li><strong>A binary fuse filter</strong>: misses twice as fast and a third of the false positives, four times the time to build. A second class at the hot call made probes 2.5 times slower.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0008-table-layout.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0008TableLayout = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0008TableLayout as default
};
