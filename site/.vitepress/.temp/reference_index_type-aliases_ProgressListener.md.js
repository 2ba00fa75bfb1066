import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: ProgressListener","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/ProgressListener.md","filePath":"reference/index/type-aliases/ProgressListener.md"}');
const _sfc_main = { name: "reference/index/type-aliases/ProgressListener.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-progresslistener" tabindex="-1">Type Alias: ProgressListener <a class="header-anchor" href="#type-alias-progresslistener" aria-label="Permalink to &quot;Type Alias: ProgressListener&quot;">​</a></h1><blockquote><p><strong>ProgressListener</strong> = (<code>progress</code>) =&gt; <code>void</code></p></blockquote><p>Hears how far a call has come.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="progress" tabindex="-1">progress <a class="header-anchor" href="#progress" aria-label="Permalink to &quot;progress&quot;">​</a></h3><p><a href="./../interfaces/BackupProgress"><code>BackupProgress</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>void</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/ProgressListener.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const ProgressListener = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  ProgressListener as default
};
