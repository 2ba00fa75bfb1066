import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0001: Sequence numbers","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0001-sequence-numbers.md","filePath":"adr/0001-sequence-numbers.md"}');
const _sfc_main = { name: "adr/0001-sequence-numbers.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0001-sequence-numbers" tabindex="-1">0001: Sequence numbers <a class="header-anchor" href="#_0001-sequence-numbers" aria-label="Permalink to &quot;0001: Sequence numbers&quot;">​</a></h1><p>Accepted.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Snapshots, conflicts, recovery and compaction all need one total order of operations. JavaScript numbers are exact up to 2^53; as an object field or an argument a <code>BigInt</code> allocates. On disk other stores pack 56 bits of sequence and 8 of type into one integer.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>Every operation gets a number of its own, from 1, up to 2^52 - 1. At a million operations a second that lasts 142 years. A commit of n operations takes n consecutive ones and becomes visible at the last.</li><li>In the API, in memory and in manifests it is a plain <code>number</code> with a branded type (<a href="https://github.com/OWNER/varve/blob/main/src/base/ids.ts" target="_blank" rel="noreferrer">ids.ts</a>). On disk it is a varint or eight bytes, read as two halves.</li><li>Inside a memtable it is an int32 relative to the memtable&#39;s first, which V8 keeps unboxed.</li><li>The top bit of the exact range stays free. A scan of a transaction uses half steps: its own range deletions lie half a step above the read sequence, where no commit can be, and 2^52 - 1 + 0.5 is still exact.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>One number for each commit.</strong> Fewer numbers, but then operations of one commit need a second key to be ordered, in every comparison.</li><li><strong>BigInt.</strong> <code>DataView.getBigUint64</code> took 15.8 ns where two 32-bit reads take about 1; every stored BigInt is garbage.</li><li><strong>Timestamps.</strong> Not unique, not monotonic, and nobody asked for them.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0001-sequence-numbers.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0001SequenceNumbers = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0001SequenceNumbers as default
};
