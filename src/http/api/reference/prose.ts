import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";

/** Text of the document as HTML: words between backticks are code. */
export function prose(text: string): (Html | string)[] {
  return text.split("`").map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}
