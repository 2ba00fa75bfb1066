import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: DatabaseHandle","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/DatabaseHandle.md","filePath":"reference/index/interfaces/DatabaseHandle.md"}');
const _sfc_main = { name: "reference/index/interfaces/DatabaseHandle.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-databasehandle" tabindex="-1">Interface: DatabaseHandle <a class="header-anchor" href="#interface-databasehandle" aria-label="Permalink to &quot;Interface: DatabaseHandle&quot;">​</a></h1><p>A database for one other thread, made by <code>db.share()</code>. Post it with <code>[handle.port]</code> as the list of what is transferred.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="port" tabindex="-1">port <a class="header-anchor" href="#port" aria-label="Permalink to &quot;port&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>port</strong>: <code>MessagePort</code></p></blockquote><p>The way to the owner; goes with the handle.</p><hr><h3 id="settings" tabindex="-1">settings <a class="header-anchor" href="#settings" aria-label="Permalink to &quot;settings&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>settings</strong>: <code>unknown</code></p></blockquote><p>What the thread is told; no concern of the program&#39;s.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/DatabaseHandle.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DatabaseHandle = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DatabaseHandle as default
};
