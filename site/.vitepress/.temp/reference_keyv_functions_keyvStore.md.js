import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"Function: keyvStore()","description":"","frontmatter":{},"headers":[],"relativePath":"reference/keyv/functions/keyvStore.md","filePath":"reference/keyv/functions/keyvStore.md"}');
const _sfc_main = { name: "reference/keyv/functions/keyvStore.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><p><a href="./../../"><strong>varve</strong></a></p><hr><h1 id="function-keyvstore" tabindex="-1">Function: keyvStore() <a class="header-anchor" href="#function-keyvstore" aria-label="Permalink to &quot;Function: keyvStore()&quot;">​</a></h1><blockquote><p><strong>keyvStore</strong>(<code>options</code>): <code>Promise</code>&lt;<a href="./../classes/KeyvVarve"><code>KeyvVarve</code></a>&gt;</p></blockquote><p>A store for <code>new Keyv({ store })</code>. Each write is as durable as the database has it. Rejects as <code>db.keyspace</code> does.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><h3 id="options" tabindex="-1">options <a class="header-anchor" href="#options" aria-label="Permalink to &quot;options&quot;">​</a></h3><p><a href="./../interfaces/KeyvStoreOptions"><code>KeyvStoreOptions</code></a></p><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><code>Promise</code>&lt;<a href="./../classes/KeyvVarve"><code>KeyvVarve</code></a>&gt;</p><h2 id="example" tabindex="-1">Example <a class="header-anchor" href="#example" aria-label="Permalink to &quot;Example&quot;">​</a></h2><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">const</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> cache</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> new</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> Keyv</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">({ store: </span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">await</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> keyvStore</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">({ database: db }), namespace: </span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;">&#39;pages&#39;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;"> });</span></span></code></pre></div></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/keyv/functions/keyvStore.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const keyvStore = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  keyvStore as default
};
