import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"0011: Encodings and copies","description":"","frontmatter":{},"headers":[],"relativePath":"adr/0011-encodings.md","filePath":"adr/0011-encodings.md"}');
const _sfc_main = { name: "adr/0011-encodings.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="_0011-encodings-and-copies" tabindex="-1">0011: Encodings and copies <a class="header-anchor" href="#_0011-encodings-and-copies" aria-label="Permalink to &quot;0011: Encodings and copies&quot;">​</a></h1><p>Accepted.</p><h2 id="context" tabindex="-1">Context <a class="header-anchor" href="#context" aria-label="Permalink to &quot;Context&quot;">​</a></h2><p>Inside, everything is bytes. Callers have strings, JSON, buffers. Who owns which bytes, and for how long, is where stores with zero-copy interfaces hurt their users: a value that changes after it was read, or a buffer that must not be touched until some promise resolves.</p><h2 id="decision" tabindex="-1">Decision <a class="header-anchor" href="#decision" aria-label="Permalink to &quot;Decision&quot;">​</a></h2><ul><li>Encodings live at the edge (<a href="https://github.com/OWNER/varve/blob/main/src/api/encoding.ts" target="_blank" rel="noreferrer">encoding.ts</a>): <code>view</code>, <code>buffer</code>, <code>utf8</code>, <code>json</code>, or your own. The default is <code>view</code>, since bytes are what is stored.</li><li><strong>In</strong>: a call has copied what it was given when it returns.</li><li><strong>Out</strong>: a returned key or value is a copy, in memory of its own (<a href="/adr/0026-result-memory">0026</a>).</li><li>No type is stored with a value; the database records its encodings (<a href="/adr/0027-recorded-encodings">0027</a>).</li><li>Order is that of the encoded bytes. UTF-8 keeps code points in order; JSON keys are ordered as text.</li><li>A string with a lone surrogate is encoded as <code>Buffer.from</code> does, with U+FFFD in its place. Two such strings may be one key.</li></ul><h2 id="alternatives" tabindex="-1">Alternatives <a class="header-anchor" href="#alternatives" aria-label="Permalink to &quot;Alternatives&quot;">​</a></h2><ul><li><strong>Views of the block cache</strong>: no copy, and every block becomes something that a caller can hold or change.</li><li><strong><code>utf8</code> as default</strong>: friendlier to look at, and wrong for the first binary key.</li><li><strong>Refusing lone surrogates</strong>: a scan of every string, for what does not occur in well-formed text.</li><li><strong>Order-preserving tuples</strong> as a built-in: belongs above, in an encoding of the caller&#39;s.</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("adr/0011-encodings.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const _0011Encodings = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  _0011Encodings as default
};
