import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: DirectoryOwner","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/DirectoryOwner.md","filePath":"reference/index/interfaces/DirectoryOwner.md"}');
const _sfc_main = { name: "reference/index/interfaces/DirectoryOwner.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-directoryowner" tabindex="-1">Interface: DirectoryOwner <a class="header-anchor" href="#interface-directoryowner" aria-label="Permalink to &quot;Interface: DirectoryOwner&quot;">​</a></h1><p>The process that has a directory open, as its LOCK file says.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="hostname" tabindex="-1">hostname <a class="header-anchor" href="#hostname" aria-label="Permalink to &quot;hostname&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>hostname</strong>: <code>string</code></p></blockquote><p>The name of its machine or container; empty when an older version took the lock.</p><hr><h3 id="isknownalive" tabindex="-1">isKnownAlive <a class="header-anchor" href="#isknownalive" aria-label="Permalink to &quot;isKnownAlive&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>isKnownAlive</strong>: <code>boolean</code></p></blockquote><p>False when it cannot be told from here whether the owner still runs.</p><hr><h3 id="path" tabindex="-1">path <a class="header-anchor" href="#path" aria-label="Permalink to &quot;path&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>path</strong>: <code>string</code></p></blockquote><p>The directory as the owner sees it, links resolved.</p><hr><h3 id="pid" tabindex="-1">pid <a class="header-anchor" href="#pid" aria-label="Permalink to &quot;pid&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>pid</strong>: <code>number</code></p></blockquote><p>The number of the process, as its own container counts.</p><hr><h3 id="since" tabindex="-1">since <a class="header-anchor" href="#since" aria-label="Permalink to &quot;since&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>since</strong>: <code>Date</code> | <code>undefined</code></p></blockquote><p>When it took the directory; undefined when an older version did.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/DirectoryOwner.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DirectoryOwner = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DirectoryOwner as default
};
