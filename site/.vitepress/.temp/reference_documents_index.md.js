import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"documents","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/index.md","filePath":"reference/documents/index.md"}');
const _sfc_main = { name: "reference/documents/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../"><strong>varve</strong></a></p><hr><h1 id="documents" tabindex="-1">documents <a class="header-anchor" href="#documents" aria-label="Permalink to &quot;documents&quot;">​</a></h1><h2 id="classes" tabindex="-1">Classes <a class="header-anchor" href="#classes" aria-label="Permalink to &quot;Classes&quot;">​</a></h2><ul><li><a href="./classes/Collection">Collection</a></li><li><a href="./classes/CollectionTransaction">CollectionTransaction</a></li><li><a href="./classes/DocumentError">DocumentError</a></li><li><a href="./classes/DocumentReads">DocumentReads</a></li><li><a href="./classes/Found">Found</a></li><li><a href="./classes/ValidationError">ValidationError</a></li></ul><h2 id="interfaces" tabindex="-1">Interfaces <a class="header-anchor" href="#interfaces" aria-label="Permalink to &quot;Interfaces&quot;">​</a></h2><ul><li><a href="./interfaces/AnyTransaction">AnyTransaction</a></li><li><a href="./interfaces/CollectionOptions">CollectionOptions</a></li><li><a href="./interfaces/DocumentIndex">DocumentIndex</a></li><li><a href="./interfaces/DocumentIssue">DocumentIssue</a></li><li><a href="./interfaces/DocumentReadOptions">DocumentReadOptions</a></li><li><a href="./interfaces/Explanation">Explanation</a></li><li><a href="./interfaces/FindOptions">FindOptions</a></li><li><a href="./interfaces/Operators">Operators</a></li><li><a href="./interfaces/Page">Page</a></li><li><a href="./interfaces/Patch">Patch</a></li><li><a href="./interfaces/Query">Query</a></li><li><a href="./interfaces/RewriteOptions">RewriteOptions</a></li><li><a href="./interfaces/RewriteReport">RewriteReport</a></li><li><a href="./interfaces/StandardIssue">StandardIssue</a></li><li><a href="./interfaces/StandardSchema">StandardSchema</a></li><li><a href="./interfaces/WatchOptions">WatchOptions</a></li></ul><h2 id="type-aliases" tabindex="-1">Type Aliases <a class="header-anchor" href="#type-aliases" aria-label="Permalink to &quot;Type Aliases&quot;">​</a></h2><ul><li><a href="./type-aliases/Direction">Direction</a></li><li><a href="./type-aliases/Document">Document</a></li><li><a href="./type-aliases/DocumentErrorCode">DocumentErrorCode</a></li><li><a href="./type-aliases/FieldCondition">FieldCondition</a></li><li><a href="./type-aliases/InputOf">InputOf</a></li><li><a href="./type-aliases/OrderBy">OrderBy</a></li><li><a href="./type-aliases/OutputOf">OutputOf</a></li><li><a href="./type-aliases/StandardResult">StandardResult</a></li><li><a href="./type-aliases/Where">Where</a></li></ul><h2 id="functions" tabindex="-1">Functions <a class="header-anchor" href="#functions" aria-label="Permalink to &quot;Functions&quot;">​</a></h2><ul><li><a href="./functions/collection">collection</a></li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
