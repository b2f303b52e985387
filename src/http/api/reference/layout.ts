import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import type { Resource } from "./resource.ts";
import { STYLE_ELEMENT } from "./style.ts";

interface Page {
  title: string;
  /** Which of the pages it is: its slug, or "" for the first. */
  slug?: string;
  /** The words that were searched for. */
  query?: string;
  body: Html;
}

/** A page of the reference: the search on top, the pages at the side, complete without script. */
export function layout(resources: readonly Resource[], { title, slug, query = "", body }: Page): Html {
  const pages = [{ slug: "", title: "Start" }, ...resources, { slug: "problems", title: "Problems" }];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Suyuan API reference</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header class="top">
          <a class="mark" href="/docs">溯源 Suyuan API</a>
          <form class="find" action="/docs" role="search">
            <input
              type="search"
              name="q"
              value="${query}"
              maxlength="100"
              aria-label="Search the reference"
              placeholder="recall, sscc, 409, tradeMode …"
            />
            <button>Search</button>
          </form>
        </header>
        <div class="frame">
          <nav class="pages" aria-label="Pages of the reference">
            <ul>
              ${pages.map((page) => pageLink(page, slug))}
            </ul>
          </nav>
          <main>${body}</main>
        </div>
      </body>
    </html>`;
}

function pageLink({ slug, title }: { slug: string; title: string }, current: string | undefined): Html {
  const href = slug === "" ? "/docs" : `/docs/${slug}`;
  if (slug === current) return html`<li><a href="${href}" aria-current="page">${title}</a></li>`;
  return html`<li><a href="${href}">${title}</a></li>`;
}
