import { MistypedCodeError } from "../../core/code/alphabet.ts";
import { parseCode } from "../../core/code/check.ts";
import {
  type AddressTries,
  pinOf,
  type PinState,
  tryPin as tryOnce,
  UNTRIED_PIN,
} from "../../core/code/pin.ts";
import { itemKey } from "../../core/code/serial.ts";
import { rfc3339 } from "../../core/goods/date.ts";
import type { Transaction, WriteRequest } from "../ledger/transaction.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";

/** The result of a PIN attempt. Times are RFC 3339. */
export interface PinAnswer {
  outcome: "opened" | "already_opened" | "wrong" | "locked";
  /** Time of the first correct attempt. */
  openedAt?: string;
  /** Attempts left before this address must wait. */
  triesLeft?: number;
  nextTryAt?: string;
}

const PIN = /^[0-9]{6}$/;

/**
 * One attempt at the PIN under a code's scratch-off patch; the caller needs no key. A mistyped or forged code costs no
 * storage and reveals no more than a scan. Wrong tries count by code and by address.
 * @param text the typed code
 * @param network the network of the caller's address
 * @throws Problem invalid_request (mistyped code, PIN that is not six digits), not_found (no such code), conflict (codes
 * of its batch have no PIN)
 */
export async function tryPin(
  service: Service,
  text: string,
  pin: string,
  network: string,
  request?: WriteRequest,
): Promise<PinAnswer> {
  if (!PIN.test(pin)) throw invalid("pin", "is not a PIN", "the six digits under the scratch-off patch");
  const opened = service.keyring.decipher(readCode(text), service.register.bySerial);
  if (opened === null) throw notFound("code", "like this");
  if (!opened.batch.withPin) throw new Problem("conflict", "labels of this batch have no PIN");
  const { epoch, serial } = opened;
  const key = itemKey(epoch, serial);
  const correct = pinOf(service.keyring.keysOf(epoch), serial) === pin;
  const pending = service.pinTries.begin(key, network, service.platform.now());
  let wrong = false;
  try {
    const { value } = await service.writer.submitOnce(request, (tx) =>
      judge(tx, key, pending.before, correct),
    );
    wrong = value.outcome === "wrong";
    return value;
  } finally {
    pending.settle(wrong);
  }
}

function judge(tx: Transaction, key: number, mine: AddressTries, correct: boolean): PinAnswer {
  const kept = tx.store.service.pin(key);
  const before = kept === undefined ? UNTRIED_PIN : (JSON.parse(kept) as PinState);
  const result = tryOnce(before, mine, correct, tx.nowMs);
  if (result.state !== before) tx.store.service.setPin(key, JSON.stringify(result.state));
  return {
    outcome: result.outcome,
    ...("openedAt" in result ? { openedAt: rfc3339(result.openedAt) } : {}),
    ...("triesLeft" in result ? { triesLeft: result.triesLeft } : {}),
    ...("nextTryAt" in result && result.nextTryAt !== undefined
      ? { nextTryAt: rfc3339(result.nextTryAt) }
      : {}),
  };
}

function readCode(text: string): string {
  try {
    return parseCode(text);
  } catch (error) {
    if (!(error instanceof MistypedCodeError)) throw error;
    throw invalid("code", `is mistyped: ${error.message}`, "the 16 characters of the label");
  }
}
