import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Changelog","description":"","frontmatter":{},"headers":[],"relativePath":"changelog.md","filePath":"changelog.md"}');
const _sfc_main = { name: "changelog.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="changelog" tabindex="-1">Changelog <a class="header-anchor" href="#changelog" aria-label="Permalink to &quot;Changelog&quot;">​</a></h1><p>What changed for users, the newest version first. What a version number promises: <a href="/versioning">versioning</a>.</p><h2 id="_0-1-0-not-released-yet" tabindex="-1">0.1.0, not released yet <a class="header-anchor" href="#_0-1-0-not-released-yet" aria-label="Permalink to &quot;0.1.0, not released yet&quot;">​</a></h2><p>The first version.</p><ul><li><strong>The store</strong>: keyspaces, batches, transactions at two isolation levels with optimistic and pessimistic modes, savepoints, snapshots, scans with helpers, range deletions, entries that expire, secondary indexes, bulk loads.</li><li><strong>Safety</strong>: durable by default, recovery from power cuts, checksums of all blocks, <code>verify</code>, <code>repair</code>, a scrub in the background, encryption at rest with key rotation.</li><li><strong>Streams and copies</strong>: a stream of all commits, checkpoints, incremental backups, restore to any commit.</li><li><strong>Beside the writer</strong>: readers in other processes, and the whole database in worker threads.</li><li><strong>Entries</strong>: <code>varve/documents</code>, <code>varve/graph</code>, <code>varve/level</code>, <code>varve/worker</code>, <code>varve/metrics</code>, <code>varve/s3</code>, <code>varve/fastify</code>, <code>varve/session</code>, <code>varve/keyv</code>.</li><li><strong>The command</strong> <code>varve</code>: reads, writes, moves, backs up, checks and repairs a database.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("changelog.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const changelog = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  changelog as default
};
