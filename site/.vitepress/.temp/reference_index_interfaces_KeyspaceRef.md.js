import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: KeyspaceRef<K, V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/KeyspaceRef.md","filePath":"reference/index/interfaces/KeyspaceRef.md"}');
const _sfc_main = { name: "reference/index/interfaces/KeyspaceRef.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-keyspaceref-k-v" tabindex="-1">Interface: KeyspaceRef&lt;K, V&gt; <a class="header-anchor" href="#interface-keyspaceref-k-v" aria-label="Permalink to &quot;Interface: KeyspaceRef\\&lt;K, V\\&gt;&quot;">​</a></h1><p>A Keyspace, as <code>tx.in</code> and <code>in</code> of an operation take it. At run time only one of the same database is taken.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="k" tabindex="-1">K <a class="header-anchor" href="#k" aria-label="Permalink to &quot;K&quot;">​</a></h3><p><code>K</code></p><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="name" tabindex="-1">name <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>name</strong>: <code>string</code></p></blockquote><p>As that of a Keyspace.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="getsync" tabindex="-1">getSync() <a class="header-anchor" href="#getsync" aria-label="Permalink to &quot;getSync()&quot;">​</a></h3><blockquote><p><strong>getSync</strong>(<code>key</code>): <code>V</code> | <code>undefined</code></p></blockquote><p>As that of a Keyspace.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="key" tabindex="-1">key <a class="header-anchor" href="#key" aria-label="Permalink to &quot;key&quot;">​</a></h5><p><code>K</code></p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>V</code> | <code>undefined</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/KeyspaceRef.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const KeyspaceRef = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  KeyspaceRef as default
};
