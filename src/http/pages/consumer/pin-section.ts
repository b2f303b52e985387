import { html } from "hono/html";
import type { PinAnswer } from "../../../services/codes/try-pin.ts";
import type { FoundAnswer, ScanAnswer } from "../../../scan/answer.ts";
import type { Html, Reading } from "../parts/layout.ts";

/** What a try at a PIN came to; `malformed` is what was no PIN at all. */
export type PinOutcome = PinAnswer | { outcome: "malformed" };

/**
 * Whether a PIN can tell anything: where the label has one, and nothing is known against these very goods. Of several
 * labels with one code it tells the first, so it is offered then too.
 */
export function offersPin(answer: ScanAnswer): answer is FoundAnswer {
  if (!("placed" in answer) || !answer.placed.batch.withPin) return false;
  return answer.verdict === "genuine" || answer.reason === "many_regions";
}

/** The form for the PIN under the scratch-off patch; after a try, with what it came to. Works without script. */
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
