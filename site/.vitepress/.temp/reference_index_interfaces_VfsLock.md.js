import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: VfsLock","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/VfsLock.md","filePath":"reference/index/interfaces/VfsLock.md"}');
const _sfc_main = { name: "reference/index/interfaces/VfsLock.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-vfslock" tabindex="-1">Interface: VfsLock <a class="header-anchor" href="#interface-vfslock" aria-label="Permalink to &quot;Interface: VfsLock&quot;">​</a></h1><p>A lock on a database directory; the operating system frees it when the process dies.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="anchor" tabindex="-1">anchor? <a class="header-anchor" href="#anchor" aria-label="Permalink to &quot;anchor?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>anchor?</strong>: <a href="./DirectoryAnchor"><code>DirectoryAnchor</code></a></p></blockquote><p>By which another thread of this process finds the directory that was locked, whatever its path leads to.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="musthold" tabindex="-1">mustHold()? <a class="header-anchor" href="#musthold" aria-label="Permalink to &quot;mustHold()?&quot;">​</a></h3><blockquote><p><code>optional</code> <strong>mustHold</strong>(): <code>void</code></p></blockquote><p>Throws <code>DirectoryLostError</code> when the directory was removed, emptied or taken over. Costs one look at an open file, and is called after each sync of the log. Absent where that cannot happen.</p><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>void</code></p><hr><h3 id="release" tabindex="-1">release() <a class="header-anchor" href="#release" aria-label="Permalink to &quot;release()&quot;">​</a></h3><blockquote><p><strong>release</strong>(): <code>Promise</code>&lt;<code>void</code>&gt;</p></blockquote><p>Gives the directory back. Idempotent.</p><h4 id="returns-1" tabindex="-1">Returns <a class="header-anchor" href="#returns-1" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>Promise</code>&lt;<code>void</code>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/VfsLock.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const VfsLock = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  VfsLock as default
};
