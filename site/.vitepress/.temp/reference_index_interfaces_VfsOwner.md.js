import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: VfsOwner","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/VfsOwner.md","filePath":"reference/index/interfaces/VfsOwner.md"}');
const _sfc_main = { name: "reference/index/interfaces/VfsOwner.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-vfsowner" tabindex="-1">Interface: VfsOwner <a class="header-anchor" href="#interface-vfsowner" aria-label="Permalink to &quot;Interface: VfsOwner&quot;">​</a></h1><p>The process, or the handle, that has a directory locked.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="sincems" tabindex="-1">sinceMs <a class="header-anchor" href="#sincems" aria-label="Permalink to &quot;sinceMs&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>sinceMs</strong>: <code>number</code></p></blockquote><p>When the lock was taken: milliseconds since 1970, by the clock of the system.</p><hr><h3 id="token" tabindex="-1">token <a class="header-anchor" href="#token" aria-label="Permalink to &quot;token&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>token</strong>: <code>string</code></p></blockquote><p>Unique to one taking of the lock.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/VfsOwner.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const VfsOwner = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  VfsOwner as default
};
