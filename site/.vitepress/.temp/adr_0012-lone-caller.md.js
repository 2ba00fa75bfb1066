import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0012: The sync of a lone caller","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0012-lone-caller.md","filePath":"adr/0012-lone-caller.md"}');
const _sfc_main = { name: "adr/0012-lone-caller.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0012-the-sync-of-a-lone-caller" tabindex="-1">0012: The sync of a lone caller <a class="header-anchor" href="#_0012-the-sync-of-a-lone-caller" aria-label="Permalink to &quot;0012: The sync of a lone caller&quot;">​</a></h1><p>Accepted. Adds to <a href="/adr/0005-fsync">0005</a>; <a href="/adr/0017-sync-calls">0017</a> adds callers who share their syncs. Weighed again in <a href="/adr/0036-fast-paths-weighed">0036</a>.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>A caller who awaits each durable commit before the next pays the disk and, on top, two changes of threads for a sync in the thread pool: a third of his time on a disk that syncs in 0.15 ms. A synchronous <code>fdatasync</code> spares him that, and stops the event loop for as long as the disk takes.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li><strong>A sync is a call while it is short and nobody shares it</strong>: after three groups of one commit in a row, as long as the moving average of syncs is below 0.5 ms and nothing is queued behind the group. Anything else goes to the pool.</li><li><strong>After a sync of more than 3 ms</strong> the next hundred lone groups go to the pool, whatever the average says.</li><li><strong>Such a group starts after a turn of the loop</strong>, not at the next tick: ticks and microtasks that each end in a call starve the loop (38 ms at the median in a prototype).</li><li><strong>No option.</strong> The choice follows what was measured, and both ways keep the same promises.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>The pool always</strong>: 4.0 k durable puts a second for one caller, behind a synchronous SQLite with 5.5 k.</li><li><strong>A call always</strong>: see 0005; a slow disk would stop the loop for milliseconds, commit after commit.</li><li><strong>A call for groups of any size</strong>: many callers gain nothing, since they share the sync, and lose what the loop could do meanwhile.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0012-lone-caller.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0012LoneCaller = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0012LoneCaller as default
};
