import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: Bounded<R>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/Bounded.md","filePath":"reference/index/type-aliases/Bounded.md"}');
const _sfc_main = { name: "reference/index/type-aliases/Bounded.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-bounded-r" tabindex="-1">Type Alias: Bounded&lt;R&gt; <a class="header-anchor" href="#type-alias-bounded-r" aria-label="Permalink to &quot;Type Alias: Bounded\\&lt;R\\&gt;&quot;">​</a></h1><blockquote><p><strong>Bounded</strong>&lt;<code>R</code>&gt; = <code>{ readonly [Name in keyof R]: Name extends keyof RangeOptions&lt;unknown&gt; ? object extends Pick&lt;R, Name&gt; ? R[Name] : undefined extends R[Name] ? never : R[Name] : never }</code></p></blockquote><p>A range in which no bound may be undefined. The types refuse here what the calls refuse at run time, also where the compiler lets optional properties be undefined.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="r" tabindex="-1">R <a class="header-anchor" href="#r" aria-label="Permalink to &quot;R&quot;">​</a></h3><p><code>R</code></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/Bounded.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Bounded = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Bounded as default
};
