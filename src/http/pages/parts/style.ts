import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { raw } from "hono/html";
import { encodeBase64 } from "../../../core/ledger/base64.ts";
import type { Verdict } from "../../../scan/answer.ts";

/** The banner colour of each verdict. White text on it has a contrast of at least 4.5 (WCAG 2.2, 1.4.3). */
export const TONES: Readonly<Record<Verdict, string>> = {
  genuine: "#0b6b3e",
  not_activated: "#6b5200",
  suspicious: "#8f4300",
  recalled: "#b0151f",
  void: "#4a4f57",
  unknown: "#8c1846",
  mistyped: "#1f4e8c",
};

/** Pairs of text and background colours, light and dark. */
export const GROUNDS = {
  light: {
    text: "#16191d",
    muted: "#57606a",
    link: "#1f4e8c",
    card: "#ffffff",
    page: "#f1f3f5",
    chip: "#e6ebf0",
    caution: "#fff1cc",
  },
  dark: {
    text: "#eceff2",
    muted: "#a5afb9",
    link: "#8fbcf5",
    card: "#1b1f24",
    page: "#0e1114",
    chip: "#2b323a",
    caution: "#3d2e00",
  },
} as const;

function grounds(name: keyof typeof GROUNDS): string {
  return Object.entries(GROUNDS[name])
    .map(([use, colour]) => `--${use}:${colour}`)
    .join(";");
}

const tones = Object.entries(TONES)
  .map(([verdict, colour]) => `.${verdict}{--tone:${colour}}`)
  .join("\n");

/** The inline style of all pages: they load nothing. */
const STYLE = `
:root{color-scheme:light dark;${grounds("light")};--line:#d9dfe5}
@media(prefers-color-scheme:dark){:root{${grounds("dark")};--line:#343c45}}
${tones}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;-webkit-text-size-adjust:100%}
header,main,footer{max-width:36rem;margin:0 auto;padding:0 1rem}
header{display:flex;align-items:center;justify-content:space-between;padding-top:.75rem;padding-bottom:.75rem}
header b{font-size:1.05rem}
header span{color:var(--muted);font-size:.875rem;margin-inline-start:.5rem}
a{color:var(--link)}
header a{padding:.5rem 0}
.banner{background:var(--tone);color:#fff;border-radius:1rem;padding:1.25rem;display:grid;grid-template-columns:3.5rem 1fr;gap:.25rem 1rem;align-items:center}
.banner svg{width:3.5rem;height:3.5rem}
.banner h1{margin:0;font-size:1.625rem;line-height:1.25}
.banner p{grid-column:1/-1;margin:.5rem 0 0;overflow-wrap:anywhere}
.mono{font-family:ui-monospace,Menlo,Consolas,monospace;letter-spacing:.02em;white-space:nowrap}
.small{font-size:.8125rem}
.card{background:var(--card);border-radius:1rem;padding:1rem 1.25rem;margin:.75rem 0;overflow-wrap:anywhere}
.caution{background:var(--caution);border-inline-start:.375rem solid #d98e00}
.card h2{font-size:1.0625rem;margin:0 0 .5rem}
.card p{margin:.375rem 0}
.muted{color:var(--muted);font-size:.875rem}
.strong{font-weight:600}
.steps{margin:0;padding-inline-start:1.25rem}
.steps li{margin:.25rem 0}
.name{font-size:1.25rem;font-weight:600;line-height:1.35;margin:0 0 .5rem}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.375rem 1rem;margin:0}
dt{color:var(--muted)}
dd{margin:0}
.warn{display:inline-block;background:${TONES.recalled};color:#fff;border-radius:.375rem;padding:0 .375rem;font-size:.8125rem}
.chip{display:inline-block;background:var(--chip);border-radius:.375rem;padding:0 .5rem;font-size:.8125rem}
.timeline{list-style:none;margin:.75rem 0 0;padding:0}
.timeline li{position:relative;padding:0 0 1.125rem 1.5rem;border-inline-start:2px solid var(--line);margin-inline-start:.375rem}
.timeline li:last-child{border-color:transparent;padding-bottom:0}
.timeline li::before{content:"";position:absolute;left:-.4375rem;top:.375rem;width:.75rem;height:.75rem;border-radius:50%;background:var(--link)}
.timeline p{margin:.125rem 0}
.struck{text-decoration:line-through}
label{display:block;font-weight:600;margin:.25rem 0}
input[type=text]{width:100%;font:inherit;font-family:ui-monospace,Menlo,Consolas,monospace;padding:.75rem;border:1px solid var(--muted);border-radius:.625rem;background:var(--page);color:var(--text);text-transform:uppercase}
input::placeholder{text-transform:none;color:var(--muted);font-family:inherit}
button{font:inherit;font-weight:600;width:100%;margin-top:.75rem;padding:.75rem;border:0;border-radius:.625rem;background:${TONES.mistyped};color:#fff}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
footer{color:var(--muted);font-size:.8125rem;padding-top:.5rem;padding-bottom:2rem}
`;

/** The style element. The policy has the hash of its exact text. */
export const STYLE_ELEMENT = raw(`<style>${STYLE}</style>`);

/**
 * Allows only the style of the page (by hash), its inline icon and forms to this host; no script
 * (Content Security Policy Level 3).
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${encodeBase64(sha256(utf8ToBytes(STYLE)))}'`,
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
