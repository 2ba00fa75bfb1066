import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: S3ClientLike","description":"","frontmatter":{},"headers":[],"relativePath":"reference/s3/interfaces/S3ClientLike.md","filePath":"reference/s3/interfaces/S3ClientLike.md"}');
const _sfc_main = { name: "reference/s3/interfaces/S3ClientLike.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-s3clientlike" tabindex="-1">Interface: S3ClientLike <a class="header-anchor" href="#interface-s3clientlike" aria-label="Permalink to &quot;Interface: S3ClientLike&quot;">​</a></h1><p>What the store asks of a client: an <code>S3Client</code> of <code>@aws-sdk/client-s3</code>, of any version 3.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="send" tabindex="-1">send() <a class="header-anchor" href="#send" aria-label="Permalink to &quot;send()&quot;">​</a></h3><blockquote><p><strong>send</strong>(<code>command</code>, <code>options?</code>): <code>Promise</code>&lt;<code>unknown</code>&gt;</p></blockquote><p>Sends one command. Resolves with the answer.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><h5 id="command" tabindex="-1">command <a class="header-anchor" href="#command" aria-label="Permalink to &quot;command&quot;">​</a></h5><p><code>never</code></p><h5 id="options" tabindex="-1">options? <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options?&quot;">​</a></h5><h6 id="abortsignal" tabindex="-1">abortSignal? <a class="header-anchor" href="#abortsignal" aria-label="Permalink to &quot;abortSignal?&quot;">​</a></h6><p><code>AbortSignal</code></p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>Promise</code>&lt;<code>unknown</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/s3/interfaces/S3ClientLike.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const S3ClientLike = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  S3ClientLike as default
};
