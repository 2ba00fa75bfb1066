import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: SessionStoreOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/session/interfaces/SessionStoreOptions.md","filePath":"reference/session/interfaces/SessionStoreOptions.md"}');
const _sfc_main = { name: "reference/session/interfaces/SessionStoreOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-sessionstoreoptions" tabindex="-1">Interface: SessionStoreOptions <a class="header-anchor" href="#interface-sessionstoreoptions" aria-label="Permalink to &quot;Interface: SessionStoreOptions&quot;">​</a></h1><p>Options of <code>sessionStore</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="database" tabindex="-1">database <a class="header-anchor" href="#database" aria-label="Permalink to &quot;database&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>database</strong>: <a href="./../type-aliases/SessionDatabase"><code>SessionDatabase</code></a></p></blockquote><p>An open database. The store does not close it.</p><hr><h3 id="keyspace" tabindex="-1">keyspace? <a class="header-anchor" href="#keyspace" aria-label="Permalink to &quot;keyspace?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>keyspace?</strong>: <code>string</code></p></blockquote><p>Name of the keyspace; it is created when it is missing. Default <code>&#39;sessions&#39;</code>.</p><hr><h3 id="touchafterms" tabindex="-1">touchAfterMs? <a class="header-anchor" href="#touchafterms" aria-label="Permalink to &quot;touchAfterMs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>touchAfterMs?</strong>: <code>number</code></p></blockquote><p>A touch that moves the end of a session by less writes nothing. The session may then end that many milliseconds earlier than its cookie: keep it well below <code>maxAge</code>. A session without <code>maxAge</code> is written by each touch. Default 0.</p><hr><h3 id="ttlms" tabindex="-1">ttlMs? <a class="header-anchor" href="#ttlms" aria-label="Permalink to &quot;ttlMs?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>ttlMs?</strong>: <code>number</code></p></blockquote><p>How long a session lives whose cookie has no <code>maxAge</code> and no <code>expires</code>, in milliseconds from its last request on. A whole number above 0. Default 86,400,000: a day.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/session/interfaces/SessionStoreOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const SessionStoreOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  SessionStoreOptions as default
};
