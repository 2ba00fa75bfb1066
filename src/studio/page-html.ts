/**
 * The page itself, before its script runs, and the headers with which everything is sent.
 *
 * Owns: what a browser lets the page do.
 *
 * Invariants:
 *   studio-page/own-code-alone: the page runs the script and the style that the server sends, and no other. A value with
 *       markup in it is text, and would be text even if it came into the page as markup: no inline script runs.
 *
 * Suspension: nothing here suspends.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Layers of sediment. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="6" fill="#33475b"/>
<path d="M5 10q6-3 11 0t11 0" stroke="#f2d6a2" stroke-width="3" fill="none"/>
<path d="M5 17q6-3 11 0t11 0" stroke="#d9a066" stroke-width="3" fill="none"/>
<path d="M5 24q6-3 11 0t11 0" stroke="#9db4c0" stroke-width="3" fill="none"/>
</svg>`;

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Varve studio</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="style.css">
<script type="module" src="main.js"></script>
</head>
<body>
<noscript>The studio needs JavaScript.</noscript>
<div id="app"></div>
</body>
</html>
`;
