import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: BackupProblem","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/BackupProblem.md","filePath":"reference/index/interfaces/BackupProblem.md"}');
const _sfc_main = { name: "reference/index/interfaces/BackupProblem.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-backupproblem" tabindex="-1">Interface: BackupProblem <a class="header-anchor" href="#interface-backupproblem" aria-label="Permalink to &quot;Interface: BackupProblem&quot;">​</a></h1><p>One thing that is wrong.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="backup" tabindex="-1">backup <a class="header-anchor" href="#backup" aria-label="Permalink to &quot;backup&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>backup</strong>: <code>string</code> | <code>undefined</code></p></blockquote><p>The backup that cannot be restored because of it; undefined for one of an archive.</p><hr><h3 id="code" tabindex="-1">code <a class="header-anchor" href="#code" aria-label="Permalink to &quot;code&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>code</strong>: <code>string</code></p></blockquote><p>That of the error.</p><hr><h3 id="message" tabindex="-1">message <a class="header-anchor" href="#message" aria-label="Permalink to &quot;message&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>message</strong>: <code>string</code></p></blockquote><p>For people.</p><hr><h3 id="object" tabindex="-1">object <a class="header-anchor" href="#object" aria-label="Permalink to &quot;object&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>object</strong>: <code>string</code> | <code>undefined</code></p></blockquote><p>The name of the object in the store.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/BackupProblem.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const BackupProblem = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  BackupProblem as default
};
