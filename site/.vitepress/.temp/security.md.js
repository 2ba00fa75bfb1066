import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Security","description":"","frontmatter":{},"headers":[],"relativePath":"security.md","filePath":"security.md"}');
const _sfc_main = { name: "security.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="security" tabindex="-1">Security <a class="header-anchor" href="#security" aria-label="Permalink to &quot;Security&quot;">​</a></h1><h2 id="tell-of-a-weakness" tabindex="-1">Tell of a weakness <a class="header-anchor" href="#tell-of-a-weakness" aria-label="Permalink to &quot;Tell of a weakness&quot;">​</a></h2><p>Use the private report of the repository (&quot;Report a vulnerability&quot; on its security page). Its address is in <code>repository</code> of package.json. Please open no public issue before there is a version without the weakness.</p><p>Say which version, what an attacker needs, what they gain, and how you saw it: a program of some lines is best. A fix comes with a version of its own, a line in the <a href="/changelog">changelog</a>, and your name if you like.</p><h2 id="which-versions-are-mended" tabindex="-1">Which versions are mended <a class="header-anchor" href="#which-versions-are-mended" aria-label="Permalink to &quot;Which versions are mended&quot;">​</a></h2><p>The newest minor version of the newest major version.</p><h2 id="what-varve-protects-and-what-it-does-not" tabindex="-1">What Varve protects, and what it does not <a class="header-anchor" href="#what-varve-protects-and-what-it-does-not" aria-label="Permalink to &quot;What Varve protects, and what it does not&quot;">​</a></h2><ul><li><strong>Files.</strong> Whoever can write the directory of a database can change it. Checksums tell of accidents, not of intent. <a href="/guides/encryption">Encryption</a> tells of both, and hides contents from who reads the files.</li><li><strong>Damaged files.</strong> No bytes of a file may make the process crash, hang, or answer with memory of something else. The decoders are fuzzed. A case where one does is a weakness: please report it.</li><li><strong>Keys and values</strong> are bytes that Varve never runs or interprets. Messages of errors may show a key.</li><li><strong>The network.</strong> The library opens no port and calls no server. <code>varve/s3</code> uses the client that you hand over.</li><li><strong>Dependencies</strong> are few and pinned. <code>dist/THIRD-PARTY-LICENSES.txt</code> names what is bundled.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("security.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const security = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  security as default
};
