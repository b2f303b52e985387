import { html } from "hono/html";
import type { PinAnswer } from "../../../services/codes/try-pin.ts";
import type { FoundAnswer, ScanAnswer } from "../../../scan/answer.ts";
import type { Html, Reading } from "../parts/layout.ts";

/** The result of a PIN attempt; `malformed` for a text that is no PIN. */
export type PinOutcome = PinAnswer | { outcome: "malformed" };

/**
 * Whether to offer the PIN form: the label has a PIN, and nothing else is wrong with the goods.
 */
export function offersPin(answer: ScanAnswer): answer is FoundAnswer {
  if (!("placed" in answer) || !answer.placed.batch.withPin) return false;
  return answer.verdict === "genuine";
}

/** The form for the PIN under the scratch-off patch, with the result of an attempt. Works without script. */
export function pinSection(reading: Reading, answer: FoundAnswer, tried?: PinOutcome): Html {
  const { pin } = reading.texts;
  const result =
    tried === undefined ? "" : html`<p class="strong" role="status">${outcomeText(reading, tried)}</p>`;
  const again = tried === undefined || tried.outcome === "wrong" || tried.outcome === "malformed";
  return html`<section class="card">
    <h2>${pin.title}</h2>
    ${result}${again ? pinForm(reading, answer) : ""}
  </section>`;
}

function pinForm({ texts, language }: Reading, { code }: FoundAnswer): Html {
  const { pin } = texts;
  return html`<p>${pin.explain}</p>
    <form action="/T/${code}/pin?lang=${language}" method="post">
      <label for="pin">${pin.label}</label>
      <input
        type="text"
        id="pin"
        name="pin"
        required
        inputmode="numeric"
        pattern="[0-9]{6}"
        maxlength="6"
        autocomplete="off"
      />
      <button type="submit">${pin.submit}</button>
    </form>`;
}

function outcomeText({ texts, format }: Reading, tried: PinOutcome): string {
  const { pin } = texts;
  if (tried.outcome === "malformed") return pin.malformed;
  if (tried.outcome === "opened") return pin.opened;
  if (tried.outcome === "already_opened")
    return pin.alreadyOpened(format.moment(Date.parse(tried.openedAt ?? "")));
  if (tried.nextTryAt !== undefined) return pin.locked(format.moment(Date.parse(tried.nextTryAt)));
  return pin.wrong(format.number(tried.triesLeft ?? 0));
}
