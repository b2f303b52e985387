import { encryptSerialBlock, swap32 } from "./block.ts";
import type { EpochKeys } from "./keys.ts";

/** Digits under the scratch-off patch. */
const PIN_DIGITS = 6;
const PIN_LIMIT = 10 ** PIN_DIGITS;

/** Wrong tries of a code, by everybody together, before an address that tried wrongly must wait. */
const FREE_TRIES = 5;
const MINUTE_MS = 60_000;
/** The wait after the first, second, third and each further wrong try of one address: at last one day. */
const WAITS_MS = [MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS, 24 * 60 * MINUTE_MS];

/** The stored state of a code's PIN, as plain JSON. Times are milliseconds since the Unix epoch. */
export interface PinState {
  /** All wrong tries so far; a right try does not reset them. */
  readonly wrongTries: number;
  /** Time of the latest wrong try; null before the first. */
  readonly lastWrongAt: number | null;
  /** Time of the first right try; null before it. */
  readonly openedAt: number | null;
}

/** The wrong tries of one address at one code. Never stored: addresses are not kept. */
export interface AddressTries {
  readonly wrong: number;
  /** Time of its latest wrong try; null before the first. */
  readonly lastWrongAt: number | null;
}

/** The tries of an address that did not try the code wrongly. */
export const NO_TRIES: AddressTries = Object.freeze({ wrong: 0, lastWrongAt: null });

/** The state of a PIN that nobody has tried. */
export const UNTRIED_PIN: PinState = Object.freeze({ wrongTries: 0, lastWrongAt: null, openedAt: null });

/** The outcome of a try, and the state to store after it. Times are milliseconds since the Unix epoch. */
export type PinTry =
  /** Right for the first time: as far as known, the patch was intact until now. */
  | { outcome: "opened"; openedAt: number; state: PinState }
  /** Right again: somebody, perhaps the same person, entered it at `openedAt`. */
  | { outcome: "already_opened"; openedAt: number; state: PinState }
  /** `triesLeft` more tries are accepted at once; if 0, the next is accepted from `nextTryAt` on. */
  | { outcome: "wrong"; triesLeft: number; nextTryAt?: number; state: PinState }
  /** Too early. The answer is the same for a right and a wrong PIN; `nextTryAt` does not move. */
  | { outcome: "locked"; triesLeft: 0; nextTryAt: number; state: PinState };

/**
 * The PIN of a code: the first 48 bits of AES-128(K_pin, serial block), mod 10^6. The modulus favours no PIN by more
 * than one in 2^28.
 *
 * @returns six digits
 * @throws {TypeError | RangeError} if `serial` is not an integer from 0 to 2^45 - 1
 */
export function pinOf(keys: EpochKeys, serial: number): string {
  const { s0, s1 } = encryptSerialBlock(keys.pin, serial);
  return formatPin(swap32(s0) * 2 ** 16 + (swap32(s1) >>> 16));
}

/** The PIN of a 48-bit value: six digits. */
export function formatPin(bits48: number): string {
  return String(bits48 % PIN_LIMIT).padStart(PIN_DIGITS, "0");
}

/**
 * Judges one try at a code's PIN. Five wrong tries of a code are free. From then on an address waits after each of its own
 * wrong tries: a minute, ten, an hour, then a day. An address that has not tried wrongly is never made to wait, so strangers
 * cannot take the buyer's first try. Store the returned state in the transaction that read the old one; otherwise two
 * simultaneous tries count as one.
 *
 * @param state the stored state of this code; `UNTRIED_PIN` at first
 * @param mine the wrong tries of the caller's address at this code; `NO_TRIES` at first
 * @param correct whether the given PIN equals `pinOf`
 * @param atMs now, in milliseconds since the Unix epoch
 * @throws {TypeError} if `correct` is not a boolean or `atMs` not a number
 * @throws {RangeError} if `atMs` is not an integer number of milliseconds
 */
export function tryPin(state: PinState, mine: AddressTries, correct: boolean, atMs: number): PinTry {
  if (typeof correct !== "boolean") throw new TypeError("correct must be a boolean");
  if (typeof atMs !== "number") throw new TypeError("atMs must be a number");
  if (!Number.isSafeInteger(atMs))
    throw new RangeError("atMs must be a whole number of milliseconds since the Unix epoch");
  const nextTryAt = nextTry(state, mine);
  if (nextTryAt !== null && atMs < nextTryAt) return { outcome: "locked", triesLeft: 0, nextTryAt, state };
  return correct ? open(state, atMs) : miss(state, mine, atMs);
}

function open(state: PinState, atMs: number): PinTry {
  if (state.openedAt !== null) return { outcome: "already_opened", openedAt: state.openedAt, state };
  return { outcome: "opened", openedAt: atMs, state: { ...state, openedAt: atMs } };
}

function miss(before: PinState, mine: AddressTries, atMs: number): PinTry {
  // A clock set back must not shorten a wait.
  const lastWrongAt = Math.max(atMs, before.lastWrongAt ?? atMs);
  const state = { ...before, wrongTries: before.wrongTries + 1, lastWrongAt };
  const own = { wrong: mine.wrong + 1, lastWrongAt: Math.max(atMs, mine.lastWrongAt ?? atMs) };
  const nextTryAt = nextTry(state, own);
  if (nextTryAt !== null) return { outcome: "wrong", triesLeft: 0, nextTryAt, state };
  return { outcome: "wrong", triesLeft: FREE_TRIES - state.wrongTries, state };
}

/** Time from which the next try of an address is accepted, or null if it is accepted now. */
function nextTry(state: PinState, { wrong, lastWrongAt }: AddressTries): number | null {
  if (state.wrongTries < FREE_TRIES || lastWrongAt === null) return null;
  return lastWrongAt + (WAITS_MS[Math.min(wrong, WAITS_MS.length) - 1] ?? 0);
}
