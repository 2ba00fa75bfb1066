import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: DocumentErrorCode","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/type-aliases/DocumentErrorCode.md","filePath":"reference/documents/type-aliases/DocumentErrorCode.md"}');
const _sfc_main = { name: "reference/documents/type-aliases/DocumentErrorCode.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-documenterrorcode" tabindex="-1">Type Alias: DocumentErrorCode <a class="header-anchor" href="#type-alias-documenterrorcode" aria-label="Permalink to &quot;Type Alias: DocumentErrorCode&quot;">​</a></h1><blockquote><p><strong>DocumentErrorCode</strong> = <code>&quot;ID_EXISTS&quot;</code> | <code>&quot;NOT_FOUND&quot;</code> | <code>&quot;INVALID_ID&quot;</code> | <code>&quot;INVALID_DOCUMENT&quot;</code> | <code>&quot;VALIDATION&quot;</code> | <code>&quot;ASYNC_SCHEMA&quot;</code> | <code>&quot;INVALID_PATCH&quot;</code> | <code>&quot;PATCH_MISMATCH&quot;</code> | <code>&quot;INVALID_QUERY&quot;</code> | <code>&quot;INVALID_CURSOR&quot;</code> | <code>&quot;OTHER_CURSOR&quot;</code> | <code>&quot;INVALID_OPTION&quot;</code> | <code>&quot;NEWER_VERSION&quot;</code> | <code>&quot;NO_MIGRATION&quot;</code></p></blockquote><p>The kind of a DocumentError. Stable: compare this, not the message.</p><ul><li><code>ID_EXISTS</code>: an insert brings an id that a document has.</li><li><code>NOT_FOUND</code>: a replace or a patch of a document that is not there.</li><li><code>INVALID_ID</code>: an id that is no text, is empty, or has a lone surrogate; or another id than that of the document.</li><li><code>INVALID_DOCUMENT</code>: a value that could not be read back as it was given, or an object at a path with an index.</li><li><code>VALIDATION</code>: the schema refuses a document; see ValidationError.</li><li><code>ASYNC_SCHEMA</code>: the schema answers with a promise.</li><li><code>INVALID_PATCH</code>: a patch that says nothing, says two things of one path, or names a path that there cannot be.</li><li><code>PATCH_MISMATCH</code>: a patch of a value that is not of its kind, as an increment of a text.</li><li><code>INVALID_QUERY</code>: a query with an operator or a value that there is not.</li><li><code>INVALID_CURSOR</code>: a cursor that is none.</li><li><code>OTHER_CURSOR</code>: a cursor of another query.</li><li><code>INVALID_OPTION</code>: an option of <code>collection</code>, or a declaration of an index, that is wrong.</li><li><code>NEWER_VERSION</code>: documents of a newer version of the schema.</li><li><code>NO_MIGRATION</code>: documents of an older version, and no <code>migrate</code>.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/type-aliases/DocumentErrorCode.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DocumentErrorCode = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DocumentErrorCode as default
};
