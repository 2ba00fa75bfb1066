import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0054: A commit of one operation is encoded where it is logged from","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0054-one-operation.md","filePath":"adr/0054-one-operation.md"}');
const _sfc_main = { name: "adr/0054-one-operation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0054-a-commit-of-one-operation-is-encoded-where-it-is-logged-from" tabindex="-1">0054: A commit of one operation is encoded where it is logged from <a class="header-anchor" href="#_0054-a-commit-of-one-operation-is-encoded-where-it-is-logged-from" aria-label="Permalink to &quot;0054: A commit of one operation is encoded where it is logged from&quot;">​</a></h1><p>Accepted. Adds to <a href="/adr/0037-values-and-stores">0037</a>.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Since a commit is a value, each put was encoded into a batch, copied to the frame of its group, and inserted from there. In a loop of puts with <code>os</code> durability that was a quarter of the processor time of the row before, most of it two copies of the value and the request around the batch.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li><strong><code>Store.commitOne</code> takes one operation that depends on nothing.</strong> When nothing is to be waited for, the committer asks the guard, and the pipeline encodes the operation into the frame. Otherwise the committer fills a batch and goes the way of every commit.</li><li><strong>There is one encoder</strong>, <a href="https://github.com/OWNER/varve/blob/main/src/batch/operation-encoder.ts" target="_blank" rel="noreferrer">operation-encoder.ts</a>. Batch and frame both use it.</li><li>The coin <code>one-operation</code> sends half of such commits through a batch in tests.</li></ul><h2 id="consequences" tabindex="-1">Consequences <a class="header-anchor" href="#consequences" aria-label="Permalink to &quot;Consequences&quot;">​</a></h2><p>Time of a put, 500 in flight, 16 digits and 100 bytes, <code>os</code>, in turns on a busy machine, least of 600 windows of each of four runs: 1.02 to 1.14 us before commits were values, 1.38 to 1.55 since then, 1.22 to 1.32 now. Keyspaces with indexes and transactions are not concerned.</p><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>A batch that refers to the caller&#39;s bytes until it must wait</strong>: no second call in the contract, but one forgotten wait would log bytes that others write.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0054-one-operation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0054OneOperation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0054OneOperation as default
};
