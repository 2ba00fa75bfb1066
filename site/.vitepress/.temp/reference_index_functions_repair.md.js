import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: repair()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/functions/repair.md","filePath":"reference/index/functions/repair.md"}');
const _sfc_main = { name: "reference/index/functions/repair.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-repair" tabindex="-1">Function: repair() <a class="header-anchor" href="#function-repair" aria-label="Permalink to &quot;Function: repair()&quot;">​</a></h1><blockquote><p><strong>repair</strong>(<code>source</code>, <code>target</code>, <code>given?</code>): <code>Promise</code>&lt;<a href="./../interfaces/RepairReport"><code>RepairReport</code></a>&gt;</p></blockquote><p>Writes the sound parts of the database <code>source</code> into a new database in <code>target</code>, a directory that is absent or empty. Resolves with a report of the saved entries and the losses. A report with losses is still a success.</p><p>Rejects with LockedError when the source is open. InvalidArgumentError: there is no source, or the target is taken. IncompatibleFormatError: a newer engine wrote the source. EncryptionKeyError: it needs another key. IoError or DatabaseFailedError: the target cannot be written. Then there is no target.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="source" tabindex="-1">source <a class="header-anchor" href="#source" aria-label="Permalink to &quot;source&quot;">​</a></h3><p><code>string</code></p><h3 id="target" tabindex="-1">target <a class="header-anchor" href="#target" aria-label="Permalink to &quot;target&quot;">​</a></h3><p><code>string</code></p><h3 id="given" tabindex="-1">given? <a class="header-anchor" href="#given" aria-label="Permalink to &quot;given?&quot;">​</a></h3><p><a href="./../interfaces/RepairOptions"><code>RepairOptions</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>Promise</code>&lt;<a href="./../interfaces/RepairReport"><code>RepairReport</code></a>&gt;</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/functions/repair.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const repair = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  repair as default
};
