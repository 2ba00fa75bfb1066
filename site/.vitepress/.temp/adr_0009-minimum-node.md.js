import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0009: Minimum Node.js","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0009-minimum-node.md","filePath":"adr/0009-minimum-node.md"}');
const _sfc_main = { name: "adr/0009-minimum-node.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0009-minimum-node-js" tabindex="-1">0009: Minimum Node.js <a class="header-anchor" href="#_0009-minimum-node-js" aria-label="Permalink to &quot;0009: Minimum Node.js&quot;">​</a></h1><p>Accepted.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>The engine leans on <code>zlib.crc32</code> (<a href="/adr/0002-checksum">0002</a>), on SharedArrayBuffer with Atomics, and on ES modules. Users run what their platform gives them.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><p><code>^20.15.0 || &gt;=22.2.0</code>: the releases that have <code>zlib.crc32</code>. <a href="https://github.com/OWNER/varve/blob/main/src/base/runtime.ts" target="_blank" rel="noreferrer">runtime.ts</a> is imported first and refuses anything else by name. Sources are TypeScript in the subset that can be stripped without being compiled; what is published is the emit, as ES modules and as one CommonJS bundle, with declarations for both.</p><p>The two builds are two copies of every class in a process that loads both. So errors are told apart by <code>code</code>, and what must be one in a process (the table of locked directories) hangs on <code>globalThis</code>.</p><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Node 18</strong>: without native CRC-32 block checks are three times slower; and it is no longer maintained.</li><li><strong>Node 22 only</strong>: would allow running the sources as they are. Node 20 is still widely deployed.</li><li><strong>ES modules only</strong>: <code>require</code> of them is not there on Node 20.15.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0009-minimum-node.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0009MinimumNode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0009MinimumNode as default
};
