import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: PublishedChange","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/PublishedChange.md","filePath":"reference/index/interfaces/PublishedChange.md"}');
const _sfc_main = { name: "reference/index/interfaces/PublishedChange.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-publishedchange" tabindex="-1">Interface: PublishedChange <a class="header-anchor" href="#interface-publishedchange" aria-label="Permalink to &quot;Interface: PublishedChange&quot;">​</a></h1><p>The change that a watcher hears of: commits up to this one have touched its range, and are visible.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="sequence" tabindex="-1">sequence <a class="header-anchor" href="#sequence" aria-label="Permalink to &quot;sequence&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sequence</strong>: <code>number</code></p></blockquote><p>Of the newest of these commits, as <code>changes</code> counts.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/PublishedChange.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const PublishedChange = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  PublishedChange as default
};
