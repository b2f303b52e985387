import { html } from "hono/html";
import { groupCode } from "../../../core/code/alphabet.ts";
import { readFacts } from "../../../scan/batch-facts.ts";
import type { TraceStep } from "../../../services/custody/view.ts";
import type { FoundAnswer, RecallNotice, ScanAnswer } from "../../../scan/answer.ts";
import { codeForm } from "./code-form.ts";
import { verdictIcon } from "../parts/icon.ts";
import { journeySection } from "./journey-section.ts";
import type { Html, Reading } from "../parts/layout.ts";
import { offersPin, type PinOutcome, pinSection } from "./pin-section.ts";
import { productSection } from "./product-section.ts";

export interface ScanPage {
  answer: ScanAnswer;
  nowMs: number;
  /** The public steps of the code's journey, in order. */
  journey: readonly TraceStep[];
  /** The typed text, shown again in the form. */
  typed: string;
  /** True where a person asked: links to other languages and reloads are then the same scan. */
  person: boolean;
  /** The result of a PIN attempt, on the page that answers it. */
  pin?: PinOutcome;
}

/** The page of a scan, most important first: verdict, cautions, advice, scan count, goods, journey. */
export function scanPage(reading: Reading, page: ScanPage): Html {
  const { answer } = page;
  if (answer.verdict === "mistyped" || answer.verdict === "unknown")
    return html`${banner(reading, answer)} ${advice(reading, answer)} ${codeForm(reading, page.typed)}`;
  return html`${banner(reading, answer)} ${cautionSections(reading, answer)}
  ${page.pin === undefined ? "" : pinSection(reading, answer, page.pin)}
  ${answer.recall === undefined ? "" : recallSection(reading, answer.recall)}
  ${answer.verdict === "genuine" ? scansSection(reading, answer) : advice(reading, answer)}
  ${productSection(reading, readFacts(answer.factsJson), page.nowMs)}
  ${answer.verdict === "genuine" ? advice(reading, answer) : scansSection(reading, answer)}
  ${page.pin === undefined && offersPin(answer) ? pinSection(reading, answer) : ""}
  ${journeySection(reading, page.journey)}`;
}

function banner({ texts }: Reading, answer: ScanAnswer): Html {
  const { title } = texts.verdicts[answer.verdict];
  const code =
    answer.verdict === "mistyped"
      ? ""
      : html`<p>${texts.code} <span class="mono">${groupCode(answer.code)}</span></p>`;
  return html`<section class="banner ${answer.verdict}">
    ${verdictIcon(answer.verdict)}
    <h1>${title}</h1>
    <p>${meaningOf(texts, answer)}</p>
    ${code}
  </section>`;
}

/** The reason of the verdict, or else its meaning. */
function meaningOf(texts: Reading["texts"], answer: ScanAnswer): string {
  if (answer.verdict === "mistyped" && answer.reason === "character")
    return texts.reasons.character(answer.position);
  const reason = answer.verdict === "unknown" ? undefined : answer.reason;
  if (reason === undefined || reason === "character") return texts.verdicts[answer.verdict].meaning;
  return texts.reasons[reason];
}

function advice({ texts }: Reading, { verdict }: ScanAnswer): Html {
  const steps = texts.verdicts[verdict].advice;
  const complain = verdict === "genuine" || verdict === "mistyped" ? "" : html`<p>${texts.complain}</p>`;
  const disclaimer = verdict === "genuine" ? html`<p class="muted">${texts.disclaimer}</p>` : "";
  return html`<section class="card">
    <h2>${texts.whatToDo}</h2>
    <ul class="steps">
      ${steps.map((step) => html`<li>${step}</li>`)}
    </ul>
    ${complain}${disclaimer}
  </section>`;
}

/** The note on repeated scans is left out beside a graver verdict. */
function scansSection({ texts, format }: Reading, { scans, verdict }: FoundAnswer): Html {
  const { count, first, repeated } = scans;
  const words = texts.scans;
  if (first === null)
    return html`<section class="card">
      <h2>${words.title}</h2>
      <p>${words.none}</p>
    </section>`;
  const where = first.region === "unknown" ? [] : [format.region(first.region)];
  const moment = [format.moment(first.atMs), ...where].join(" · ");
  const headline = repeated ? words.repeated(format.number(count)) : words.first;
  return html`<section class="card">
    <h2>${words.title}</h2>
    <p class="strong">${headline}</p>
    <p>${repeated ? words.firstOn(moment) : moment}</p>
    ${repeated && verdict === "genuine" ? html`<p class="muted">${words.repeatNote}</p>` : ""}
  </section>`;
}

/** Patterns of anonymous scans, in amber below the verdict, which they do not change. */
function cautionSections({ texts, format }: Reading, { cautions = [] }: FoundAnswer): Html[] {
  const words = texts.caution;
  return cautions.map(
    ({ countries, networks, hours, sinceMs }) =>
      html`<section class="card caution">
        <h2>${words.title}</h2>
        <p>${words.scannedWidely({ countries, networks, hours, since: format.moment(sinceMs) })}</p>
        <p>${words.note}</p>
      </section>`,
  );
}

function recallSection({ texts, format }: Reading, recall: RecallNotice): Html {
  const words = texts.recall;
  const rows: [string, string | Html | undefined][] = [
    [words.reason, recall.reason],
    [words.advice, recall.advice],
    [words.level, recall.level === undefined ? undefined : format.number(recall.level)],
    [words.since, format.moment(Date.parse(recall.since))],
    [words.number, html`<span class="mono small">${recall.id}</span>`],
  ];
  return html`<section class="card">
    <h2>${words.title}</h2>
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

/** The title of the page: the verdict in words. */
export function scanTitle({ texts }: Reading, answer: ScanAnswer): string {
  return texts.verdicts[answer.verdict].title;
}
