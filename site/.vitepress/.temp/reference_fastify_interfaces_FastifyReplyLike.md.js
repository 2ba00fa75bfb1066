import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: FastifyReplyLike","description":"","frontmatter":{},"headers":[],"relativePath":"reference/fastify/interfaces/FastifyReplyLike.md","filePath":"reference/fastify/interfaces/FastifyReplyLike.md"}');
const _sfc_main = { name: "reference/fastify/interfaces/FastifyReplyLike.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-fastifyreplylike" tabindex="-1">Interface: FastifyReplyLike <a class="header-anchor" href="#interface-fastifyreplylike" aria-label="Permalink to &quot;Interface: FastifyReplyLike&quot;">​</a></h1><p>The part of an answer of Fastify that the plugin uses.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="code" tabindex="-1">code() <a class="header-anchor" href="#code" aria-label="Permalink to &quot;code()&quot;">​</a></h3><blockquote><p><strong>code</strong>(<code>statusCode</code>): <code>unknown</code></p></blockquote><p>Sets the status.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="statuscode" tabindex="-1">statusCode <a class="header-anchor" href="#statuscode" aria-label="Permalink to &quot;statusCode&quot;">​</a></h5><p><code>number</code></p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>unknown</code></p><hr><h3 id="send" tabindex="-1">send() <a class="header-anchor" href="#send" aria-label="Permalink to &quot;send()&quot;">​</a></h3><blockquote><p><strong>send</strong>(<code>body</code>): <code>unknown</code></p></blockquote><p>Sends the body.</p><h4 id="parameters-1" tabindex="-1">Parameters <a class="header-anchor" href="#parameters-1" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="body" tabindex="-1">body <a class="header-anchor" href="#body" aria-label="Permalink to &quot;body&quot;">​</a></h5><p><code>unknown</code></p><h4 id="returns-1" tabindex="-1">Returns <a class="header-anchor" href="#returns-1" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>unknown</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/fastify/interfaces/FastifyReplyLike.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const FastifyReplyLike = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  FastifyReplyLike as default
};
