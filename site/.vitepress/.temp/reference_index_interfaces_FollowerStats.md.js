import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Interface: FollowerStats","description":"","frontmatter":{},"headers":[],"relativePath":"reference/index/interfaces/FollowerStats.md","filePath":"reference/index/interfaces/FollowerStats.md"}');
const _sfc_main = { name: "reference/index/interfaces/FollowerStats.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="interface-followerstats" tabindex="-1">Interface: FollowerStats <a class="header-anchor" href="#interface-followerstats" aria-label="Permalink to &quot;Interface: FollowerStats&quot;">​</a></h1><p>How a read-only database keeps up with the writer.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="behindms" tabindex="-1">behindMs <a class="header-anchor" href="#behindms" aria-label="Permalink to &quot;behindMs&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>behindMs</strong>: <code>number</code></p></blockquote><p>Everything that was published so many milliseconds ago is shown.</p><hr><h3 id="behindoperationcount" tabindex="-1">behindOperationCount <a class="header-anchor" href="#behindoperationcount" aria-label="Permalink to &quot;behindOperationCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>behindOperationCount</strong>: <code>number</code></p></blockquote><p>Operations that were read and are not shown yet: their commit is on its way to the disk.</p><hr><h3 id="heldtablecount" tabindex="-1">heldTableCount <a class="header-anchor" href="#heldtablecount" aria-label="Permalink to &quot;heldTableCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>heldTableCount</strong>: <code>number</code></p></blockquote><p>Tables that are held open, so that they stay readable.</p><hr><h3 id="isfollowing" tabindex="-1">isFollowing <a class="header-anchor" href="#isfollowing" aria-label="Permalink to &quot;isFollowing&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>isFollowing</strong>: <code>boolean</code></p></blockquote><p>True with <code>follow</code>: it looks at the directory by itself.</p><hr><h3 id="lookcount" tabindex="-1">lookCount <a class="header-anchor" href="#lookcount" aria-label="Permalink to &quot;lookCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>lookCount</strong>: <code>number</code></p></blockquote><p>Looks at the directory.</p><hr><h3 id="versioncount" tabindex="-1">versionCount <a class="header-anchor" href="#versioncount" aria-label="Permalink to &quot;versionCount&quot;">​</a></h3><blockquote><p><code>readonly</code> <strong>versionCount</strong>: <code>number</code></p></blockquote><p>States of the tables that were taken over from the writer.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/index/interfaces/FollowerStats.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const FollowerStats = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  FollowerStats as default
};
