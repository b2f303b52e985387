import type { Context } from "hono";
import { html, raw } from "hono/html";
import { catalogueOf } from "../../../i18n/catalogue.ts";
import { type Format, formatOf } from "../../../i18n/format.ts";
import { type Language, LANGUAGES } from "../../../i18n/language.ts";
import type { Catalogue } from "../../../i18n/texts.ts";
import type { Environment } from "../../environment.ts";
import { TAB_ICON } from "./icon.ts";
import { CONTENT_SECURITY_POLICY, STYLE_ELEMENT } from "./style.ts";

export type Html = ReturnType<typeof html>;

/** The language of a page and the texts for its parts. */
export interface Reading {
  language: Language;
  texts: Catalogue;
  format: Format;
}

export function readingIn(language: Language): Reading {
  const texts = catalogueOf(language);
  return { language, texts, format: formatOf(language, texts) };
}

interface Page {
  title: string;
  /** The path of the page, encoded as requested, for links to other languages. */
  path: string;
  /** A parameter that marks links to other languages as the same scan (consumer/counting.ts). */
  same?: string;
  body: Html;
}

/** Answers with a self-contained page that is neither cached nor indexed. */
export function pageResponse(
  c: Context<Environment>,
  reading: Reading,
  page: Page,
): Response | Promise<Response> {
  c.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
  c.header("Cache-Control", "no-store");
  c.header("Content-Language", reading.texts.locale);
  c.header("Vary", "Accept, Accept-Language");
  c.header("X-Robots-Tag", "noindex");
  return c.html(document(reading, page));
}

function document(reading: Reading, { title, path, same, body }: Page): Html {
  const { texts } = reading;
  return html`<!doctype html>
    <html lang="${texts.locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · ${texts.service}</title>
        <link rel="icon" href="${raw(TAB_ICON)}" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <div><b>${texts.service}</b><span>${texts.tagline}</span></div>
          <nav>
            ${LANGUAGES.filter((one) => one !== reading.language).map((one) => languageLink(one, path, same))}
          </nav>
        </header>
        <main>${body}</main>
        <footer><p>${texts.footer}</p></footer>
      </body>
    </html>`;
}

function languageLink(language: Language, path: string, same: string | undefined): Html {
  const { name, locale } = catalogueOf(language);
  const query = same === undefined ? `lang=${language}` : `lang=${language}&${same}`;
  return html`<a href="${path}?${query}" lang="${locale}" hreflang="${locale}">${name}</a>`;
}
