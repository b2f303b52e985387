import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type AddressTries, NO_TRIES } from "../../core/code/pin.ts";
import type { Platform } from "../../platform.ts";

/** Addresses remembered, the latest. Forgetting one takes as many wrong tries at real codes, each slowed by its own address. */
const MAX_REMEMBERED = 50_000;
const SALT_BYTES = 16;
const NAME_CHARACTERS = 20;

interface Remembered {
  wrong: number;
  lastWrongAt: number | null;
  /** Tries that are not judged yet. */
  pending: number;
}

/** One try of an address, counted as wrong until it is settled, so that simultaneous tries see one another. */
export interface PendingTry {
  /** The address's wrong tries at the code before this one. */
  readonly before: AddressTries;
  /** Call once, with whether the try was judged wrong. */
  settle(wrong: boolean): void;
}

/**
 * Wrong tries at PINs by code and address. In memory only, under salted hashes: neither the store nor the memory has an
 * address. After a restart each address has another first try.
 */
export class PinTries {
  private readonly sha256: Platform["sha256"];
  private readonly salt: string;
  /** In the order of use, the oldest first. */
  private readonly remembered = new Map<string, Remembered>();

  constructor({ sha256, random }: Pick<Platform, "sha256" | "random">) {
    this.sha256 = sha256;
    this.salt = bytesToHex(random(SALT_BYTES));
  }

  /** @param code the code's item key @param address the network of the caller, as text */
  begin(code: number, address: string, atMs: number): PendingTry {
    const name = bytesToHex(this.sha256(utf8ToBytes(`${this.salt} ${code} ${address}`))).slice(
      0,
      NAME_CHARACTERS,
    );
    const known = this.remembered.get(name) ?? { wrong: 0, lastWrongAt: null, pending: 0 };
    const before = known.pending === 0 ? triesOf(known) : withPending(known, atMs);
    known.pending += 1;
    this.remember(name, known);
    return {
      before,
      settle: (wrong) => {
        known.pending -= 1;
        if (wrong) {
          known.wrong += 1;
          known.lastWrongAt = Math.max(atMs, known.lastWrongAt ?? atMs);
        }
        if (known.wrong === 0 && known.pending === 0) this.remembered.delete(name);
      },
    };
  }

  private remember(name: string, tries: Remembered): void {
    this.remembered.delete(name);
    this.remembered.set(name, tries);
    if (this.remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.remembered.keys();
    if (oldest !== undefined) this.remembered.delete(oldest);
  }
}

function triesOf({ wrong, lastWrongAt }: Remembered): AddressTries {
  return wrong === 0 ? NO_TRIES : { wrong, lastWrongAt };
}

function withPending({ wrong, lastWrongAt, pending }: Remembered, atMs: number): AddressTries {
  return { wrong: wrong + pending, lastWrongAt: Math.max(atMs, lastWrongAt ?? atMs) };
}
