import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Type Alias: EventName","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/type-aliases/EventName.md","filePath":"reference/index/type-aliases/EventName.md"}');
const _sfc_main = { name: "reference/index/type-aliases/EventName.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="type-alias-eventname" tabindex="-1">Type Alias: EventName <a class="header-anchor" href="#type-alias-eventname" aria-label="Permalink to &quot;Type Alias: EventName&quot;">​</a></h1><blockquote><p><strong>EventName</strong> = keyof <a href="./../interfaces/EventMap"><code>EventMap</code></a></p></blockquote><p>The name of an event.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/type-aliases/EventName.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const EventName = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  EventName as default
};
