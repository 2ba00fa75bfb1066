import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: DocumentIssue","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/DocumentIssue.md","filePath":"reference/documents/interfaces/DocumentIssue.md"}');
const _sfc_main = { name: "reference/documents/interfaces/DocumentIssue.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-documentissue" tabindex="-1">Interface: DocumentIssue <a class="header-anchor" href="#interface-documentissue" aria-label="Permalink to &quot;Interface: DocumentIssue&quot;">​</a></h1><p>What the schema finds wrong in a document.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="message" tabindex="-1">message <a class="header-anchor" href="#message" aria-label="Permalink to &quot;message&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>message</strong>: <code>string</code></p></blockquote><p>The words of the schema.</p><hr><h3 id="path" tabindex="-1">path <a class="header-anchor" href="#path" aria-label="Permalink to &quot;path&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>path</strong>: <code>string</code></p></blockquote><p>Where: <code>address.city</code>, <code>tags.0</code>; empty for the whole document.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/DocumentIssue.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DocumentIssue = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DocumentIssue as default
};
