import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0002: Checksum","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0002-checksum.md","filePath":"adr/0002-checksum.md"}');
const _sfc_main = { name: "adr/0002-checksum.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0002-checksum" tabindex="-1">0002: Checksum <a class="header-anchor" href="#_0002-checksum" aria-label="Permalink to &quot;0002: Checksum&quot;">​</a></h1><p>Accepted.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Every frame of a log and every block of a table is checked before it is used, so the checksum is on every path. Storage engines mostly use CRC-32C, for which processors have an instruction. JavaScript cannot reach it. Node.js 20.15 and 22.2 brought <code>zlib.crc32</code>, which is CRC-32 (IEEE).</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><p>CRC-32 (IEEE) everywhere, in two implementations of one polynomial (<a href="https://github.com/OWNER/varve/blob/main/src/bytes/crc32.ts" target="_blank" rel="noreferrer">crc32.ts</a>): <code>zlib.crc32</code> from 400 bytes up, a slicing-by-16 table below. Stored checksums are masked (rotated, and increased by a constant), so that zeros, or bytes that contain their own checksum, never pass.</p><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><p>Nanoseconds for one checksum:</p><table tabindex="0"><thead><tr><th>bytes</th><th>byte-wise table</th><th>slicing-16</th><th><code>zlib.crc32</code></th></tr></thead><tbody><tr><td>32</td><td>50</td><td>22</td><td>131</td></tr><tr><td>118</td><td>236</td><td>73</td><td>214</td></tr><tr><td>512</td><td>989</td><td>296</td><td>264</td></tr><tr><td>4096</td><td>8093</td><td>2358</td><td>780</td></tr></tbody></table><ul><li><strong>CRC-32C in JavaScript.</strong> 1.9 us for 4 KiB with slicing-by-8, against 0.78 us for native CRC-32. CRC-32C detects somewhat more; for units of this size the difference is small.</li><li><strong>xxHash in JavaScript</strong> or in WebAssembly. 0.52 and 0.28 us for 4 KiB: faster, with a binary to carry for the latter. <code>zlib</code> is always there, and tools know CRC-32.</li><li><strong>No native call at all.</strong> Three times slower on blocks.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0002-checksum.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0002Checksum = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0002Checksum as default
};
