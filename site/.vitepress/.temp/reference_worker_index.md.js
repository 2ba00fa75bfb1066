import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"worker","description":"","frontmatter":{},"headers":[],"relativePath":"reference/worker/index.md","filePath":"reference/worker/index.md"}');
const _sfc_main = { name: "reference/worker/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../"><strong>varve</strong></a></p><hr><h1 id="worker" tabindex="-1">worker <a class="header-anchor" href="#worker" aria-label="Permalink to &quot;worker&quot;">​</a></h1><h2 id="references" tabindex="-1">References <a class="header-anchor" href="#references" aria-label="Permalink to &quot;References&quot;">​</a></h2><h3 id="attach" tabindex="-1">attach <a class="header-anchor" href="#attach" aria-label="Permalink to &quot;attach&quot;">​</a></h3><p>Re-exports <a href="./../index/functions/attach">attach</a></p><hr><h3 id="attachoptions" tabindex="-1">AttachOptions <a class="header-anchor" href="#attachoptions" aria-label="Permalink to &quot;AttachOptions&quot;">​</a></h3><p>Re-exports <a href="./../index/interfaces/AttachOptions">AttachOptions</a></p><hr><h3 id="database" tabindex="-1">Database <a class="header-anchor" href="#database" aria-label="Permalink to &quot;Database&quot;">​</a></h3><p>Re-exports <a href="./../index/classes/Database">Database</a></p><hr><h3 id="databasehandle" tabindex="-1">DatabaseHandle <a class="header-anchor" href="#databasehandle" aria-label="Permalink to &quot;DatabaseHandle&quot;">​</a></h3><p>Re-exports <a href="./../index/interfaces/DatabaseHandle">DatabaseHandle</a></p><hr><h3 id="poolfunctions" tabindex="-1">PoolFunctions <a class="header-anchor" href="#poolfunctions" aria-label="Permalink to &quot;PoolFunctions&quot;">​</a></h3><p>Re-exports <a href="./../index/type-aliases/PoolFunctions">PoolFunctions</a></p><hr><h3 id="servepool" tabindex="-1">servePool <a class="header-anchor" href="#servepool" aria-label="Permalink to &quot;servePool&quot;">​</a></h3><p>Re-exports <a href="./../index/functions/servePool">servePool</a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/worker/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
