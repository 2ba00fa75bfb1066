import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"43. Writes that are computed in the step of their commit, in the order of their calls","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0043-late-operations.md","filePath":"adr/0043-late-operations.md"}');
const _sfc_main = { name: "adr/0043-late-operations.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_43-writes-that-are-computed-in-the-step-of-their-commit-in-the-order-of-their-calls" tabindex="-1">43. Writes that are computed in the step of their commit, in the order of their calls <a class="header-anchor" href="#_43-writes-that-are-computed-in-the-step-of-their-commit-in-the-order-of-their-calls" aria-label="Permalink to &quot;43. Writes that are computed in the step of their commit, in the order of their calls&quot;">​</a></h1><p>Accepted.</p><p><strong>Question.</strong> A counter, a transfer between two accounts and the entries of an index follow from what is newest. How does a commit write that without a conflict, and without stopping the event loop for a block that is not in memory?</p><p><strong>Decisions.</strong></p><ul><li>A commit may bring <em>late operations</em>: functions that are run in the step that validates it, numbers it and logs it. They see every commit before their own, those on their way included. So no other commit comes between, and nothing is validated for them. The log holds what they returned: replay and copies see plain puts.</li><li>Blocks that they will ask for are read ahead of the step. A block that the cache has lost meanwhile is read by a call.</li><li>What they add is known only afterwards. When it does not fit the room that was admitted, it is taken out again, the commit waits for the room that it needs, and they are run again. So they must be pure.</li><li>Code of the caller&#39;s that runs in the step cannot write or lock: a commit in the middle of another would come to stand before what that one has read.</li><li>The guard of a commit, which looks whether its keyspaces are still there, may demand late operations. So an index that is declared while a commit waits is kept by that commit as well.</li><li><strong>Commits enter in the order of their calls.</strong> While one of them reads ahead, those called after it wait behind it, also plain puts. Without that a put whose row is in memory overtook an earlier update or batch of the same key whose row is not, and the older write stayed. Random histories found it. Reads go on at the same time, so a commit waits for the slowest read before it, not for all of them. A program that never updates and has no index never waits.</li><li>A body of <code>db.transaction</code> that returns no promise has run in one turn. It commits in that turn, without validation.</li></ul><p><strong>Not chosen.</strong> Order by key alone: batches and ranges touch many keys, and a program that does not await its calls expects the order that it has always had. Locks for the keys of an update: they cost more than the step, and an optimistic transaction would wait.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0043-late-operations.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0043LateOperations = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0043LateOperations as default
};
