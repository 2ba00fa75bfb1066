import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Patch<T>","description":"","frontmatter":{},"headers":[],"relativePath":"reference/documents/interfaces/Patch.md","filePath":"reference/documents/interfaces/Patch.md"}');
const _sfc_main = { name: "reference/documents/interfaces/Patch.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-patch-t" tabindex="-1">Interface: Patch&lt;T&gt; <a class="header-anchor" href="#interface-patch-t" aria-label="Permalink to &quot;Interface: Patch\\&lt;T\\&gt;&quot;">​</a></h1><p>What a patch changes. The names of its objects are fields, or paths such as <code>&#39;address.city&#39;</code>.</p><h2 id="type-parameters" tabindex="-1">Type Parameters <a class="header-anchor" href="#type-parameters" aria-label="Permalink to &quot;Type Parameters&quot;">​</a></h2><h3 id="t" tabindex="-1">T <a class="header-anchor" href="#t" aria-label="Permalink to &quot;T&quot;">​</a></h3><p><code>T</code></p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="increment" tabindex="-1">increment? <a class="header-anchor" href="#increment" aria-label="Permalink to &quot;increment?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>increment?</strong>: <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <code>number</code> | <code>bigint</code>&gt;&gt;</p></blockquote><p>Numbers or bigints that are added; what is missing counts as 0.</p><hr><h3 id="push" tabindex="-1">push? <a class="header-anchor" href="#push" aria-label="Permalink to &quot;push?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>push?</strong>: <code>Readonly</code>&lt;<code>Record</code>&lt;<code>string</code>, <code>unknown</code>&gt;&gt;</p></blockquote><p>Values that are appended to arrays; what is missing counts as an empty one.</p><hr><h3 id="set" tabindex="-1">set? <a class="header-anchor" href="#set" aria-label="Permalink to &quot;set?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>set?</strong>: <code>{ readonly [P in string]?: T[P] }</code> &amp; <code>object</code></p></blockquote><p>Values that replace what is there. Objects on the way are made where they are missing.</p><hr><h3 id="unset" tabindex="-1">unset? <a class="header-anchor" href="#unset" aria-label="Permalink to &quot;unset?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>unset?</strong>: readonly <code>string</code>[]</p></blockquote><p>Paths that are removed. A missing one is no error.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/documents/interfaces/Patch.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Patch = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Patch as default
};
