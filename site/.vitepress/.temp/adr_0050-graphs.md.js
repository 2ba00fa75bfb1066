import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"50. A graph is keys, and deletions are ranges","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0050-graphs.md","filePath":"adr/0050-graphs.md"}');
const _sfc_main = { name: "adr/0050-graphs.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_50-a-graph-is-keys-and-deletions-are-ranges" tabindex="-1">50. A graph is keys, and deletions are ranges <a class="header-anchor" href="#_50-a-graph-is-keys-and-deletions-are-ranges" aria-label="Permalink to &quot;50. A graph is keys, and deletions are ranges&quot;">​</a></h1><p>Accepted.</p><p><strong>Question.</strong> A graph must never have an edge without its nodes, or an index entry without its value. Two writers of one node should not wait for one another. How, at <code>&#39;snapshot&#39;</code> as well, where reads count for nothing?</p><p><strong>Weighed.</strong></p><ul><li>A record for each node with its edges in it: one read for a neighbourhood, and every new edge of a hub conflicts.</li><li>A new edge writes its nodes&#39; records again, as they are: no edge dangles, and every new edge of a hub conflicts.</li><li>A late operation on the node&#39;s record looks whether it is there: nothing conflicts, and each edge writes two records more.</li><li>What belongs to a node lies in ranges that its deletion deletes. Chosen.</li></ul><p><strong>Decisions.</strong></p><ul><li>A range deletion conflicts with every put in its range, in either order, at either level. Properties and ends of edges lie in the ranges of their node, and properties of an edge in that of the edge. So a deletion excludes them all, and puts exclude nothing. The cost is two range tombstones for a node and one for an edge.</li><li>A change of labels writes again, as they are, the properties with an index over one of these labels. So it conflicts with a change of such a property, which would leave an entry too few or too many.</li><li>Each write reads the list of indexes in its own snapshot. So a transaction that began before the index does not know it. The build makes such a transaction conflict: a lot deletes its range of the label, gaps included, and puts the same nodes back. The transaction loses, runs again, and then knows the index.</li><li>Indexes over properties are kept here, and not by the indexes of keyspaces: an entry follows from two keys, the labels and the property, and those know one.</li><li>Ids are numbers from durable blocks. Ids by time and chance would be three times as long, in each key four times.</li><li>Types are text in the keys, not numbers from a dictionary: blocks share prefixes, and a dictionary is one more thing that must be right. Memtables hold them whole.</li><li>A bulk load marks the graph, and makes the nodes visible last. Several keyspaces cannot be loaded in one commit.</li></ul><p><strong>Left out.</strong> Traversals over several threads: reads from other threads are not there. GraphML. Indexes over properties of edges.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0050-graphs.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0050Graphs = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0050Graphs as default
};
