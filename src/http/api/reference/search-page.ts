import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import { prose } from "./prose.ts";
import type { Entry } from "./search.ts";

/** What a search found. */
export function searchPage(query: string, found: readonly Entry[]): Html {
  const count = found.length === 1 ? "1 result" : `${found.length} results`;
  return html`<h1>Search: ${query}</h1>
    <p>${found.length === 0 ? nothing() : `${count}, the best first.`}</p>
    <ul class="found">
      ${found.map(
        ({ sort, title, href, note }) =>
          html`<li>
            <small>${sort}</small><br /><a href="${href}"><code>${title}</code></a>
            <p>${prose(note)}</p>
          </li>`,
      )}
    </ul>`;
}

function nothing(): Html {
  return html`Nothing has all of these words. Try one word: a path such as <code>batches</code>, a field such
    as <code>tradeMode</code>, a kind such as <code>packing</code>, or a status such as <code>409</code>. Or
    see <a href="/docs#operations">all calls</a>.`;
}
