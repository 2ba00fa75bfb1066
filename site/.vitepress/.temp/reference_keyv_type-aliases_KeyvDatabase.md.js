import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: KeyvDatabase","description":"","frontmatter":{},"headers":[],"relativePath":"reference/keyv/type-aliases/KeyvDatabase.md","filePath":"reference/keyv/type-aliases/KeyvDatabase.md"}');
const _sfc_main = { name: "reference/keyv/type-aliases/KeyvDatabase.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-keyvdatabase" tabindex="-1">Type Alias: KeyvDatabase <a class="header-anchor" href="#type-alias-keyvdatabase" aria-label="Permalink to &quot;Type Alias: KeyvDatabase&quot;">​</a></h1><blockquote><p><strong>KeyvDatabase</strong> = <a href="./../../index/classes/Database"><code>Database</code></a>&lt;<code>any</code>, <code>any</code>&gt;</p></blockquote><p>A database, whatever its own keys and values are.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/keyv/type-aliases/KeyvDatabase.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const KeyvDatabase = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  KeyvDatabase as default
};
