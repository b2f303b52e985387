import { html } from "hono/html";
import { CATEGORIES } from "../../../core/goods/category.ts";
import { TRADE_MODES } from "../../../core/goods/trade-mode.ts";
import type { BatchFacts } from "../../../scan/answer.ts";
import { nameOf } from "./journey-section.ts";
import type { Html, Reading } from "../parts/layout.ts";

/** The goods that the code was issued for. */
export function productSection(reading: Reading, facts: BatchFacts, nowMs: number): Html {
  const { texts, language, format } = reading;
  const { product, batch, enterprise } = facts;
  const words = texts.product;
  const { originCountry, gtin } = product;
  const category = CATEGORIES.find(({ code }) => code === product.category)?.name[language];
  const mode = TRADE_MODES.find(({ code }) => code === batch.tradeMode)?.name[language];
  const rows: [string, string | Html | undefined][] = [
    [words.brand, product.brand],
    [words.specification, product.specification],
    [words.category, category],
    [words.origin, originCountry === undefined ? undefined : format.country(originCountry)],
    [words.lot, batch.lot],
    [
      words.productionDate,
      batch.productionDate === undefined ? undefined : format.date(batch.productionDate),
    ],
    [words.expiryDate, batch.expiryDate === undefined ? undefined : expiry(reading, batch.expiryDate, nowMs)],
    [words.gtin, gtin === null ? undefined : html`<span class="mono">${gtin}</span>`],
    [words.tradeMode, mode === undefined ? undefined : `${mode} (${batch.tradeMode})`],
    [words.enterprise, nameOf(enterprise.name, reading) || undefined],
  ];
  return html`<section class="card">
    <h2>${words.title}</h2>
    <p class="name">${nameOf(product.name, reading) || words.unnamed}</p>
    <dl>
      ${rows.map(([term, value]) =>
        value === undefined
          ? ""
          : html`<dt>${term}</dt>
              <dd>${value}</dd> `,
      )}
    </dl>
  </section>`;
}

/** Goods are good until the day ends in the last time zone (UTC-12). */
function expiry({ texts, format }: Reading, date: string, nowMs: number): Html {
  const HALF_DAY_MS = 12 * 60 * 60 * 1000;
  const past = nowMs >= Date.parse(date) + 3 * HALF_DAY_MS;
  return html`${format.date(date)}${past ? html` <span class="warn">${texts.product.pastExpiry}</span>` : ""}`;
}
