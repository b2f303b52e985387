import { MistypedCodeError } from "../../core/code/alphabet.ts";
import { parseCode } from "../../core/code/check.ts";
import { pinOf, type PinState, tryPin as tryOnce, UNTRIED_PIN } from "../../core/code/pin.ts";
import { itemKey } from "../../core/code/serial.ts";
import { rfc3339 } from "../../core/goods/date.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";

/** What a try at a PIN came to. Times are RFC 3339. */
export interface PinAnswer {
  outcome: "opened" | "already_opened" | "wrong" | "locked";
  /** When it was first given right. */
  openedAt?: string;
  /** How many more tries may follow at once. */
  triesLeft?: number;
  nextTryAt?: string;
}

const PIN = /^[0-9]{6}$/;

/**
 * One try at the PIN under a code's scratch-off patch; anybody may. A code that is mistyped or forged costs no storage,
 * and is told from a genuine one no better than a scan tells it.
 * @param text the code as it was typed
 * @throws Problem invalid_request (mistyped code, PIN that is not six digits), not_found (no such code), conflict (codes
 * of its batch have no PIN)
 */
export async function tryPin(service: Service, text: string, pin: string): Promise<PinAnswer> {
  if (!PIN.test(pin)) throw invalid("pin", "is not a PIN", "the six digits under the scratch-off patch");
  const opened = service.keyring.decipher(readCode(text), service.register.bySerial);
  if (opened === null) throw notFound("code", "like this");
  if (!opened.batch.withPin) throw new Problem("conflict", "labels of this batch have no PIN");
  const { epoch, serial } = opened;
  const key = itemKey(epoch, serial);
  const correct = pinOf(service.keyring.keysOf(epoch), serial) === pin;
  return await service.writer.submit((tx) => {
    const kept = tx.store.service.pin(key);
    const before = kept === undefined ? UNTRIED_PIN : (JSON.parse(kept) as PinState);
    const result = tryOnce(before, correct, tx.nowMs);
    if (result.state !== before) tx.store.service.setPin(key, JSON.stringify(result.state));
    return {
      outcome: result.outcome,
      ...("openedAt" in result ? { openedAt: rfc3339(result.openedAt) } : {}),
      ...("triesLeft" in result ? { triesLeft: result.triesLeft } : {}),
      ...("nextTryAt" in result && result.nextTryAt !== undefined
        ? { nextTryAt: rfc3339(result.nextTryAt) }
        : {}),
    };
  });
}

function readCode(text: string): string {
  try {
    return parseCode(text);
  } catch (error) {
    if (!(error instanceof MistypedCodeError)) throw error;
    throw invalid("code", `is mistyped: ${error.message}`, "the 16 characters of the label");
  }
}
