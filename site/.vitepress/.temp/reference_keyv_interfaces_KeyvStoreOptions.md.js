import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: KeyvStoreOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/keyv/interfaces/KeyvStoreOptions.md","filePath":"reference/keyv/interfaces/KeyvStoreOptions.md"}');
const _sfc_main = { name: "reference/keyv/interfaces/KeyvStoreOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-keyvstoreoptions" tabindex="-1">Interface: KeyvStoreOptions <a class="header-anchor" href="#interface-keyvstoreoptions" aria-label="Permalink to &quot;Interface: KeyvStoreOptions&quot;">​</a></h1><p>Options of <code>keyvStore</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="database" tabindex="-1">database <a class="header-anchor" href="#database" aria-label="Permalink to &quot;database&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>database</strong>: <a href="./../type-aliases/KeyvDatabase"><code>KeyvDatabase</code></a></p></blockquote><p>An open database. The store does not close it.</p><hr><h3 id="keyspace" tabindex="-1">keyspace? <a class="header-anchor" href="#keyspace" aria-label="Permalink to &quot;keyspace?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keyspace?</strong>: <code>string</code></p></blockquote><p>Name of the keyspace; it is created when it is missing. Default <code>&#39;keyv&#39;</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/keyv/interfaces/KeyvStoreOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const KeyvStoreOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  KeyvStoreOptions as default
};
