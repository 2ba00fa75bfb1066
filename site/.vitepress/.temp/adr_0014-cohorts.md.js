import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0014: One cohort of callers or two","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0014-cohorts.md","filePath":"adr/0014-cohorts.md"}');
const _sfc_main = { name: "adr/0014-cohorts.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0014-one-cohort-of-callers-or-two" tabindex="-1">0014: One cohort of callers or two <a class="header-anchor" href="#_0014-one-cohort-of-callers-or-two" aria-label="Permalink to &quot;0014: One cohort of callers or two&quot;">​</a></h1><p>Accepted. Adds to <a href="/adr/0005-fsync">0005</a>. Weighed again in <a href="/adr/0036-fast-paths-weighed">0036</a>.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Many callers await durable commits. When their group has been synced they compute and commit again. A next group that starts with the first of them leaves the others for the one after it, so that each waits for two syncs; one that starts with the last of them leaves the disk idle while they compute, and the processor idle during the sync.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>The pipeline measures how long the callers of a group compute and how long its sync takes.</li><li><strong>While a sync takes longer</strong>, a group starts when everybody has committed again, also when some were waiting.</li><li><strong>While computing takes longer</strong> (twice a sync or more, 64 callers or more), a group starts with half of them, and a waiting group at the end of the sync before it: two cohorts take turns. After 256 groups they become one again for ten groups, of which eight are measured.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Always two</strong>: 89 k instead of 151 k durable puts a second with 32 callers in a prototype.</li><li><strong>Always one</strong>: 398 k instead of 555 k with 512 callers.</li><li><strong>Two syncs at once</strong>: the second finds nothing to do or repeats the work of the first, and a failure of one leaves what the other promised unknown.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0014-cohorts.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0014Cohorts = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0014Cohorts as default
};
