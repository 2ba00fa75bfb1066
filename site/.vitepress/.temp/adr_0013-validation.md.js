import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0013: What a validation walks","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0013-validation.md","filePath":"adr/0013-validation.md"}');
const _sfc_main = { name: "adr/0013-validation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0013-what-a-validation-walks" tabindex="-1">0013: What a validation walks <a class="header-anchor" href="#_0013-what-a-validation-walks" aria-label="Permalink to &quot;0013: What a validation walks&quot;">​</a></h1><p>Accepted. Adds to <a href="/adr/0003-isolation">0003</a>.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>A scan is validated by looking for what was committed in its range since the transaction began. In the memtable that was a walk in key order over every version in the range: a transaction that scanned 10,000 rows looked at them all again, though a handful of commits had happened, and a key that is overwritten often cost each of its versions. For each key the list of tables was gone through as well, to find that none is new enough.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>The memtable remembers the key nodes of its last 16,384 writes by their sequence: a ring of 64 KiB, one store a write. A range is walked key by key, newest version only, for at most as many steps as there were writes since; then the writes are walked instead. So a range costs at most twice the smaller of the two. When more was written since than is remembered, the walk goes to the end of the range: exact as before.</li><li>Which memtables and tables can hold something newer is found once for a validation. A transaction that began after the last rotation and the last bulk load asks one memtable and no table.</li><li><code>stats().commits.validationStepCount</code> counts what validations looked at.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Walking the arena&#39;s records in commit order.</strong> They lie in it so, but a version does not lead back to its key.</li><li><strong>A sequence index in tables.</strong> Only transactions that are older than a flush ask tables for ranges.</li><li><strong>The writes first.</strong> A short scan is the common one, and has fewer rows than there were commits since.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0013-validation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0013Validation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0013Validation as default
};
