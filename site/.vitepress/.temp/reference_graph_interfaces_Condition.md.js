import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: Condition","description":"","frontmatter":{},"headers":[],"relativePath":"reference/graph/interfaces/Condition.md","filePath":"reference/graph/interfaces/Condition.md"}');
const _sfc_main = { name: "reference/graph/interfaces/Condition.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-condition" tabindex="-1">Interface: Condition <a class="header-anchor" href="#interface-condition" aria-label="Permalink to &quot;Interface: Condition&quot;">​</a></h1><p>What a property must be: equal to a value, or within bounds of one type. Without any it must be there.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="eq" tabindex="-1">eq? <a class="header-anchor" href="#eq" aria-label="Permalink to &quot;eq?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>eq?</strong>: <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a></p></blockquote><p>Equal to this.</p><hr><h3 id="gt" tabindex="-1">gt? <a class="header-anchor" href="#gt" aria-label="Permalink to &quot;gt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>gt?</strong>: <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a></p></blockquote><p>After this value.</p><hr><h3 id="gte" tabindex="-1">gte? <a class="header-anchor" href="#gte" aria-label="Permalink to &quot;gte?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>gte?</strong>: <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a></p></blockquote><p>This value, or after it.</p><hr><h3 id="lt" tabindex="-1">lt? <a class="header-anchor" href="#lt" aria-label="Permalink to &quot;lt?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>lt?</strong>: <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a></p></blockquote><p>Before this value.</p><hr><h3 id="lte" tabindex="-1">lte? <a class="header-anchor" href="#lte" aria-label="Permalink to &quot;lte?&quot;">​</a></h3><blockquote><p><code>readonly</code> <code>optional</code> <strong>lte?</strong>: <a href="./../type-aliases/PropertyValue"><code>PropertyValue</code></a></p></blockquote><p>This value, or before it.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/graph/interfaces/Condition.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Condition = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Condition as default
};
