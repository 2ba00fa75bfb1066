import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0027: A database records its encodings","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0027-recorded-encodings.md","filePath":"adr/0027-recorded-encodings.md"}');
const _sfc_main = { name: "adr/0027-recorded-encodings.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0027-a-database-records-its-encodings" tabindex="-1">0027: A database records its encodings <a class="header-anchor" href="#_0027-a-database-records-its-encodings" aria-label="Permalink to &quot;0027: A database records its encodings&quot;">​</a></h1><p>Accepted. Replaces what <a href="/adr/0011-encodings">0011</a> says of types that are not stored.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Bytes say nothing of the encoding that wrote them. A JSON database opened as text gave back text, and took text that JSON could not read afterwards. Nothing told.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><p>The manifest records one name for keys and one for values (<a href="/formats/manifest">manifest.md</a>).</p><ul><li><code>view</code> and <code>buffer</code> are raw bytes: they record nothing and open everything. The command uses them.</li><li><code>utf8</code>, <code>json</code> and an encoding of the caller&#39;s with a <code>name</code> are recorded by the first open that uses them. Another such encoding is refused afterwards with <code>InvalidArgumentError</code>, which names both. Nothing was changed then.</li><li>An encoding of the caller&#39;s without a <code>name</code> records nothing and is not compared.</li><li>While a database holds no entry, an open may record another encoding.</li><li>A database from before this record opens with any encoding, which is recorded then.</li><li>Checkpoint and repair keep the record. A repair without a manifest that can be believed has none to keep.</li></ul><p>The record is part of the edit that names the first log of an open. A crash before its sync leaves the database as it was, one after it leaves it bound; no write was possible in between.</p><h2 id="costs" tabindex="-1">Costs <a class="header-anchor" href="#costs" aria-label="Permalink to &quot;Costs&quot;">​</a></h2><ul><li>An engine from before refuses a manifest with the new tags.</li><li>An old database that is first opened with a wrong encoding is bound to that one. It still opens as raw bytes, from which its entries can be copied into a new database.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>A tag in front of each value</strong>: a byte for each, and old values have none.</li><li><strong>Trying the first value</strong>: most text is no JSON, and much is.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0027-recorded-encodings.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0027RecordedEncodings = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0027RecordedEncodings as default
};
