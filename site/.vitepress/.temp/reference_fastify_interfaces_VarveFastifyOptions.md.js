import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: VarveFastifyOptions","description":"","frontmatter":{},"headers":[],"relativePath":"reference/fastify/interfaces/VarveFastifyOptions.md","filePath":"reference/fastify/interfaces/VarveFastifyOptions.md"}');
const _sfc_main = { name: "reference/fastify/interfaces/VarveFastifyOptions.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-varvefastifyoptions" tabindex="-1">Interface: VarveFastifyOptions <a class="header-anchor" href="#interface-varvefastifyoptions" aria-label="Permalink to &quot;Interface: VarveFastifyOptions&quot;">​</a></h1><p>Options of the plugin: a <code>location</code> to open, or a <code>database</code> that is open.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="database" tabindex="-1">database? <a class="header-anchor" href="#database" aria-label="Permalink to &quot;database?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>database?</strong>: <a href="./../type-aliases/FastifyDatabase"><code>FastifyDatabase</code></a></p></blockquote><p>An open database, in place of <code>location</code>. The plugin does not close it.</p><hr><h3 id="health" tabindex="-1">health? <a class="header-anchor" href="#health" aria-label="Permalink to &quot;health?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>health?</strong>: <code>string</code></p></blockquote><p>The path of a route that tells of the health of the database. Default: no route.</p><hr><h3 id="location" tabindex="-1">location? <a class="header-anchor" href="#location" aria-label="Permalink to &quot;location?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>location?</strong>: <code>string</code></p></blockquote><p>The directory of the database. The plugin opens it before the server is ready, and closes it with the server.</p><hr><h3 id="name" tabindex="-1">name? <a class="header-anchor" href="#name" aria-label="Permalink to &quot;name?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>name?</strong>: <code>string</code></p></blockquote><p>The name that the database has on the server. Default <code>&#39;varve&#39;</code>: <code>app.varve</code>.</p><hr><h3 id="options" tabindex="-1">options? <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>options?</strong>: <a href="./../../index/interfaces/OpenOptions"><code>OpenOptions</code></a></p></blockquote><p>Options of <code>open</code>, for <code>location</code>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/fastify/interfaces/VarveFastifyOptions.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const VarveFastifyOptions = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  VarveFastifyOptions as default
};
