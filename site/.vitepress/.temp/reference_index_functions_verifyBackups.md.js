import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: verifyBackups()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/functions/verifyBackups.md","filePath":"reference/index/functions/verifyBackups.md"}');
const _sfc_main = { name: "reference/index/functions/verifyBackups.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-verifybackups" tabindex="-1">Function: verifyBackups() <a class="header-anchor" href="#function-verifybackups" aria-label="Permalink to &quot;Function: verifyBackups()&quot;">​</a></h1><blockquote><p><strong>verifyBackups</strong>(<code>target</code>, <code>options?</code>): <code>Promise</code>&lt;<a href="./../interfaces/BackupVerifyReport"><code>BackupVerifyReport</code></a>&gt;</p></blockquote><p>Reads every object that the backups and the archives refer to, and resolves with all that is wrong. Changes nothing. Rejects when the store cannot be read.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="target" tabindex="-1">target <a class="header-anchor" href="#target" aria-label="Permalink to &quot;target&quot;">​</a></h3><p><a href="./../type-aliases/BackupTarget"><code>BackupTarget</code></a></p><h3 id="options" tabindex="-1">options? <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options?&quot;">​</a></h3><p><a href="./../interfaces/VerifyBackupsOptions"><code>VerifyBackupsOptions</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>Promise</code>&lt;<a href="./../interfaces/BackupVerifyReport"><code>BackupVerifyReport</code></a>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/functions/verifyBackups.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const verifyBackups = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  verifyBackups as default
};
