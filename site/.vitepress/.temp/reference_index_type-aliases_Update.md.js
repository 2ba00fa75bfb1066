import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Update<V>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/Update.md","filePath":"reference/index/type-aliases/Update.md"}');
const _sfc_main = { name: "reference/index/type-aliases/Update.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-update-v" tabindex="-1">Type Alias: Update&lt;V&gt; <a class="header-anchor" href="#type-alias-update-v" aria-label="Permalink to &quot;Type Alias: Update\\&lt;V\\&gt;&quot;">​</a></h1><blockquote><p><strong>Update</strong>&lt;<code>V</code>&gt; = (<code>current</code>) =&gt; <code>V</code> | <code>undefined</code></p></blockquote><p>Computes the next value of a key from the one that it has, undefined when it has none. To return undefined deletes the key. It may run more than once, and another time than it was given: it must be synchronous, depend on nothing but its argument, and have no effect but its result. What it throws refuses the whole commit. An entry keeps its time to expire; a new one expires as its keyspace says.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="v" tabindex="-1">V <a class="header-anchor" href="#v" aria-label="Permalink to &quot;V&quot;">​</a></h3><p><code>V</code></p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="current" tabindex="-1">current <a class="header-anchor" href="#current" aria-label="Permalink to &quot;current&quot;">​</a></h3><p><code>V</code> | <code>undefined</code></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>V</code> | <code>undefined</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/Update.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Update = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Update as default
};
