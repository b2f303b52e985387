import { html } from "hono/html";
import type { Names } from "../../../core/goods/names.ts";
import { kindName } from "../../../i18n/kinds.ts";
import type { Place, ReportView, TraceStep } from "../../../services/custody/view.ts";
import type { Html, Reading } from "../parts/layout.ts";

/** The journey as a timeline; each step names its reporter. */
export function journeySection(reading: Reading, steps: readonly TraceStep[]): Html {
  const { journey } = reading.texts;
  if (steps.length === 0)
    return html`<section class="card">
      <h2>${journey.title}</h2>
      <p class="muted">${journey.empty}</p>
    </section>`;
  return html`<section class="card">
    <h2>${journey.title}</h2>
    <p class="muted">${journey.sourceNote}</p>
    <ol class="timeline">
      ${steps.map((step) => stepItem(reading, step))}
    </ol>
  </section>`;
}

function stepItem(reading: Reading, step: TraceStep): Html {
  const { texts, language, format } = reading;
  const { journey } = texts;
  const { by, place } = step;
  const corrected = step.correctedBy !== undefined;
  const who = nameOf(by.name, reading);
  const where = place === undefined ? "" : placeText(place, reading);
  return html`<li>
    <p>
      <span class="strong${corrected ? " struck" : ""}">${kindName(step.kind, language)}</span>
      <span class="chip">${journey.sources[by.role]}</span
      >${step.signed ? html` <span class="chip">${journey.signed}</span>` : ""}
    </p>
    <p class="muted">
      <time datetime="${step.at}">${format.local(step.at)}</time
      >${where === "" ? "" : html`<br />${where}`}${who === "" ? "" : html`<br />${who}`}
    </p>
    ${corrected ? html`<p class="muted">${journey.corrected}</p>` : ""}${step.reports.map((report) => reportLine(reading, report))}
  </li>`;
}

function reportLine({ texts }: Reading, report: ReportView): Html {
  const { journey } = texts;
  const result =
    report.result === undefined
      ? ""
      : report.result === "conformant"
        ? journey.conformant
        : journey.nonConformant;
  const warn = report.result === "non_conformant";
  return html`<p>
    ${journey.report}:
    <a href="/v1/files/${report.digest}">${report.title}</a
    >${report.number === undefined ? "" : ` · ${report.number}`}${result === "" ? "" : html` <span class="${warn ? "warn" : "chip"}">${result}</span>`}
  </p>`;
}

function placeText(place: Place, { format }: Reading): string {
  const country = place.country === undefined ? undefined : format.country(place.country);
  return [place.name ?? place.locode, country].filter((part) => part !== undefined).join(", ");
}

/** A name in the page's language, or else in any other. */
export function nameOf(names: Names, { language }: Pick<Reading, "language">): string {
  return names[language] ?? names.zh ?? names.en ?? "";
}
