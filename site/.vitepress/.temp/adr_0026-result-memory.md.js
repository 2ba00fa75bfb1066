import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0026: Results have memory of their own","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0026-result-memory.md","filePath":"adr/0026-result-memory.md"}');
const _sfc_main = { name: "adr/0026-result-memory.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0026-results-have-memory-of-their-own" tabindex="-1">0026: Results have memory of their own <a class="header-anchor" href="#_0026-results-have-memory-of-their-own" aria-label="Permalink to &quot;0026: Results have memory of their own&quot;">​</a></h1><p>Accepted. Replaces what <a href="/adr/0011-encodings">0011</a> says of a slab.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Small results used to be views into a slab of 64 KiB. Such a view looks like any other, and is none: <code>postMessage</code> copies the whole slab, with what lies beside the value. A transfer takes it away: other values become empty, and the next reads fail. A caller cannot tell, since <code>value.buffer</code> is an ordinary <code>ArrayBuffer</code>.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><p>Every byte string that is handed out has memory that holds nothing else: keys and values of reads and scans, what a custom decoder gets, keys in errors. <code>buffer</code> results do not come from the pool of the runtime.</p><ul><li>Up to 64 bytes the runtime keeps a typed array on its heap, and makes a buffer only when it is asked for one.</li><li>Above, each result is an <code>ArrayBuffer</code>: it is counted, filled with zeros and swept by the collector.</li><li><code>utf8</code> and <code>json</code> decode from the engine&#39;s memory and make no bytes.</li></ul><table tabindex="0"><thead><tr><th>bytes</th><th>view into a slab</th><th>memory of its own</th></tr></thead><tbody><tr><td>10</td><td>47 ns</td><td>86 ns</td></tr><tr><td>60</td><td>120 ns</td><td>106 ns</td></tr><tr><td>100</td><td>111 ns</td><td>575 ns</td></tr><tr><td>500</td><td>229 ns</td><td>1,320 ns</td></tr><tr><td>2,000</td><td>584 ns</td><td>1,060 ns</td></tr></tbody></table><p>Node.js 20.20.2, two shared cores, collection included, a thousand results alive; the machine was busy, so only the proportions count. A scan of values of 100 bytes takes about four times as long as before, a <code>getSync</code> about twice.</p><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>A slab that cannot be transferred</strong> (<code>markAsUntransferable</code>): Node.js 20 copies it instead, neighbours included.</li><li><strong><code>buffer.slice</code> for each result</strong>: three times as dear as a new array.</li><li><strong><code>Buffer.allocUnsafeSlow</code> for views</strong>: equally dear, and gives a Buffer.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0026-result-memory.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0026ResultMemory = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0026ResultMemory as default
};
