import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { raw } from "hono/html";
import { encodeBase64 } from "../../../core/ledger/base64.ts";

/** The one style sheet of the reference: tokens, frame, parts. */
const STYLE = `
:root{color-scheme:light dark;--ink:#14181c;--ink-2:#4a545e;--page:#f2f4f3;--card:#fff;--sunk:#e9edeb;--line:#d3d9d6;--edge:#727d87;--link:#1b4579;--act:#1b4579;--go:#0a6239;--ask:#7a4700;--stop:#a5121c;--note:#e4edf8;--mono:ui-monospace,Menlo,Consolas,monospace}
@media(prefers-color-scheme:dark){:root{--ink:#eef1f3;--ink-2:#b3bdc6;--page:#0d1013;--card:#171b20;--sunk:#232a31;--line:#353e47;--edge:#8592a0;--link:#94bff5;--act:#2f68b2;--go:#86dcab;--ask:#f3c069;--stop:#ffa19c;--note:#172c47}}
*,::before,::after{box-sizing:border-box}
html{scroll-padding-block-start:1rem}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:break-word}
h1,h2,h3,h4,p,ul,ol,dl,dd,pre{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:1.75rem;line-height:1.25}h2{font-size:1.375rem;line-height:1.25;margin-block:2rem .75rem}h3{font-size:1.125rem;line-height:1.3}h4{font-size:1rem;margin-block:1.25rem .5rem}
a{color:var(--link);text-underline-offset:.18em}
code,pre,.verb{font-family:var(--mono);font-size:.9em}
code{overflow-wrap:anywhere}
pre{background:var(--sunk);border-radius:.625rem;padding:.75rem 1rem;overflow-x:auto;line-height:1.45;font-size:.875rem;max-height:32rem}
small,.soft{color:var(--ink-2);font-size:.875rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:.375rem}
:target{box-shadow:0 0 0 3px var(--link);border-radius:1rem}
.top,.frame{max-width:76rem;margin-inline:auto;padding-inline:1rem}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.5rem;padding-block:.75rem}
.mark{font-weight:700;font-size:1.125rem;color:inherit;text-decoration:none;min-height:2.75rem;display:flex;align-items:center}
.find{display:flex;gap:.5rem;flex:1 1 16rem;min-width:0;max-width:34rem}
.find input{flex:1;width:100%;min-width:0;font:inherit;color:inherit;background:var(--card);border:1px solid var(--edge);border-radius:.625rem;padding-inline:.75rem;min-height:2.75rem}
.find button{font:inherit;font-weight:600;color:#fff;background:var(--act);border:0;border-radius:.625rem;padding-inline:1.25rem;min-height:2.75rem;cursor:pointer}
.pages ul{display:flex;gap:.25rem;overflow-x:auto;padding-block-end:.5rem}
.pages a{display:block;white-space:nowrap;padding:.625rem .75rem;border-radius:.625rem;text-decoration:none}
.pages a[aria-current]{background:var(--act);color:#fff}
main{min-width:0;padding-block-end:4rem}
main>p{margin-block:.75rem;max-width:46rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1rem;margin-block:1rem}
.card>p{margin-block:.5rem;max-width:46rem}
.verb{display:inline-block;font-weight:700;color:#fff;background:var(--act);border-radius:.375rem;padding:.1rem .5rem;margin-inline-end:.5rem}
details{border-block-start:1px solid var(--line)}
.card>details:first-child,.fields>li:first-child{border:0}
.card>pre+details{border:0}
summary{cursor:pointer;padding-block:.625rem;min-height:2.75rem}
details>:last-child{margin-block-end:1rem}
details>p{margin-block:.5rem .25rem}
.refused{color:var(--ask);font-weight:600}.ok{color:var(--go);font-weight:600}
.fields li{padding-block:.5rem;border-block-start:1px solid var(--line)}
.fields code:first-child{font-weight:600}
.fields p{margin-block-start:.125rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;margin-block:1rem}
.tiles .card{margin:0}
.tiles li li{padding-block:.25rem}
.hours ol{counter-reset:step}
.hours ol>li{counter-increment:step;border-block-start:1px solid var(--line);padding-block:.75rem}
.hours ol>li>p::before{content:counter(step) ". ";font-weight:700}
.hours pre{margin-block-start:.5rem}
table{width:100%;border-collapse:collapse;margin-block:1rem}
td:first-child{white-space:nowrap}
th,td{text-align:start;vertical-align:top;padding:.5rem .75rem .5rem 0;border-block-start:1px solid var(--line)}
.found li{padding-block:.75rem;border-block-start:1px solid var(--line)}
.narrow{display:none}
@media(max-width:44rem){.narrow{display:inline}table,tbody,tr,td{display:block}thead{display:none}td{border:0;padding-block:.125rem}tr{border-block-start:1px solid var(--line);padding-block:.5rem}}
@media(min-width:60rem){.frame{display:grid;grid-template-columns:13rem minmax(0,1fr);gap:2rem}.pages{position:sticky;inset-block-start:1rem;align-self:start}.pages ul{flex-direction:column}.card{padding:1.25rem 1.5rem}}
`;

/** Not in a template: a formatter may move what stands there, and the digest is of every byte. */
export const STYLE_ELEMENT = raw(`<style>${STYLE}</style>`);

/** The pages load nothing: no script, no other host, their own style alone; the search is a form to this service. */
export const REFERENCE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${encodeBase64(sha256(utf8ToBytes(STYLE)))}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");
