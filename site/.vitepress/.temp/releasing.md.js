import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Releasing","description":"","frontmatter":{},"headers":[],"relativePath":"releasing.md","filePath":"releasing.md"}');
const _sfc_main = { name: "releasing.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="releasing" tabindex="-1">Releasing <a class="header-anchor" href="#releasing" aria-label="Permalink to &quot;Releasing&quot;">​</a></h1><p>The steps from a green main branch to a published version, in this order.</p><ol><li><strong>Once for a repository:</strong> put its address for <code>OWNER</code> in package.json (<code>repository</code>, <code>bugs</code>, <code>homepage</code>). It is the one place. <code>npm publish</code> refuses while it is not filled.</li><li><code>make check</code> is green on Node.js 20, 22 and 24.</li><li><code>make prove</code> is green on the commit to be released. It takes hours. Keep its log.</li><li><code>make runtimes</code> and <code>make level-clients</code> are green, or the <a href="/tour#bundlers-and-runtimes">README</a> says what does not work.</li><li><code>make bench</code> shows no row that has become slower by a fifth. If figures are published, <code>make bench-report</code>.</li><li><strong>Formats:</strong> did a byte on disk change? Then its document says so, a stored database of the format before is in <code>test/golden</code>, and the <a href="/changelog">changelog</a> says what older versions do with it (<a href="/versioning#the-files">versions</a>).</li><li><strong>Interface:</strong> read the difference of <code>test/package/*-surface.txt</code> since the last version. It decides between patch, minor and major.</li><li>The changelog has the version with its date. What breaks comes first, with how to mend it.</li><li><code>npm version &lt;patch|minor|major&gt;</code>: package.json, lock file and tag.</li><li><code>npm pack</code>, then install the file in an empty folder and run the first program of the README.</li><li><code>npm publish --provenance</code>. Push the tag.</li><li>Install the published version in an empty folder, and run that program again.</li></ol></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("releasing.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const releasing = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  releasing as default
};
