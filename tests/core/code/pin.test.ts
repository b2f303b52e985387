import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveEpochKeys } from "../../../src/core/code/keys.ts";
import {
  type AddressTries,
  NO_TRIES,
  type PinState,
  type PinTry,
  UNTRIED_PIN,
  formatPin,
  pinOf,
  tryPin,
} from "../../../src/core/code/pin.ts";
import { KEYS, secrets, serials } from "./arbitrary.ts";
import { plainKeys, plainPin } from "./definition.ts";

const NOON = Date.UTC(2026, 0, 15, 12);
const DAY = 86_400_000;

describe("the PIN of a code", () => {
  it("equals the definition, for any serial and any keys", () => {
    fc.assert(
      fc.property(secrets, serials, (secret, serial) => {
        expect(pinOf(deriveEpochKeys(0, secret), serial)).toBe(plainPin(plainKeys(secret), serial));
      }),
    );
  });

  it("is always six digits", () => {
    expect(formatPin(0)).toBe("000000");
    expect(formatPin(1_000_042)).toBe("000042");
    expect(formatPin(2 ** 48 - 1)).toBe(String((2n ** 48n - 1n) % 1_000_000n));
    const short = Array.from({ length: 300 }, (_, serial) => pinOf(KEYS, serial));
    expect(short.filter((pin) => !/^[0-9]{6}$/.test(pin))).toEqual([]);
    expect(short.some((pin) => pin.startsWith("0"))).toBe(true);
  });

  it("needs a valid serial", () => {
    for (const serial of [-1, 2 ** 45, 1.5]) expect(() => pinOf(KEYS, serial)).toThrow(RangeError);
  });
});

describe("tries at a PIN from one address", () => {
  it("open the code once, then say since when it is open", () => {
    const first = alone(UNTRIED_PIN, true, NOON);
    expect(first).toMatchObject({ outcome: "opened", openedAt: NOON });
    const second = alone(first.state, true, NOON + 5000);
    expect(second).toEqual({ outcome: "already_opened", openedAt: NOON, state: first.state });
    expect(alone(second.state, true, NOON + 9 * DAY)).toMatchObject({ openedAt: NOON });
  });

  it("count five wrong ones down, then give the time of the next", () => {
    const tries = play(UNTRIED_PIN, [0, 1, 2, 3, 4].map(wrongAt));
    expect(tries.map(summary)).toEqual([
      ["wrong", 4, undefined],
      ["wrong", 3, undefined],
      ["wrong", 2, undefined],
      ["wrong", 1, undefined],
      ["wrong", 0, NOON + 4 + DAY],
    ]);
  });

  it("are then allowed once a day", () => {
    const locked = after([0, 0, 0, 0, 0].map(wrongAt));
    const [early, onTime, soon, next] = play(locked, [
      wrongAt(DAY - 1),
      wrongAt(DAY),
      wrongAt(DAY + 1),
      wrongAt(3 * DAY),
    ]).map(summary);
    expect(early).toEqual(["locked", 0, NOON + DAY]);
    expect(onTime).toEqual(["wrong", 0, NOON + 2 * DAY]);
    expect(soon).toEqual(["locked", 0, NOON + 2 * DAY]);
    expect(next).toEqual(["wrong", 0, NOON + 4 * DAY]);
  });

  it("do not add up over unused days", () => {
    const later = alone(after([0, 0, 0, 0, 0].map(wrongAt)), false, NOON + 30 * DAY);
    expect(alone(later.state, false, NOON + 30 * DAY + 1).outcome).toBe("locked");
  });

  it("when locked, answer a right PIN like a wrong one, and change nothing", () => {
    const locked = after([0, 1, 2, 3, 4].map(wrongAt));
    const right = alone(locked, true, NOON + 5);
    expect(right).toEqual(alone(locked, false, NOON + 5));
    expect(right).toEqual({ outcome: "locked", triesLeft: 0, nextTryAt: NOON + 4 + DAY, state: locked });
  });

  it("when locked, answer for an opened code as for an unopened one", () => {
    const unopened = after([0, 1, 2, 3, 4].map(wrongAt));
    const opened = { ...unopened, openedAt: NOON - DAY };
    const { state: _one, ...answer } = alone(unopened, true, NOON + 5);
    const { state: _other, ...answerOpened } = alone(opened, true, NOON + 5);
    expect(answerOpened).toEqual(answer);
  });

  it("open the code with the day's try; the PIN stays valid afterwards", () => {
    const locked = after([0, 0, 0, 0, 0].map(wrongAt));
    const opened = alone(locked, true, NOON + DAY);
    expect(opened).toMatchObject({ outcome: "opened", openedAt: NOON + DAY });
    expect(alone(opened.state, true, NOON + DAY + 1).outcome).toBe("already_opened");
  });

  it("are not restored by a right one in between", () => {
    const [, , , , , sixth, seventh] = play(UNTRIED_PIN, [
      wrongAt(0),
      wrongAt(1),
      { correct: true, atMs: NOON + 2 },
      wrongAt(3),
      wrongAt(4),
      wrongAt(5),
      { correct: true, atMs: NOON + 6 },
    ]);
    expect(summary(sixth)).toEqual(["wrong", 0, NOON + 5 + DAY]);
    expect(seventh?.outcome).toBe("locked");
  });

  it("do not come sooner by a clock set back", () => {
    const state = after([0, 0, 0, 0].map(wrongAt));
    const fifth = alone(state, false, NOON - 10 * DAY);
    expect(summary(fifth)).toEqual(["wrong", 0, NOON + DAY]);
  });

  it("do not change the state passed in, which survives JSON", () => {
    const before: PinState = Object.freeze({ wrongTries: 4, lastWrongAt: NOON, openedAt: null });
    const { state } = alone(before, false, NOON + 1);
    expect(before).toEqual({ wrongTries: 4, lastWrongAt: NOON, openedAt: null });
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    expect(UNTRIED_PIN).toEqual({ wrongTries: 0, lastWrongAt: null, openedAt: null });
  });

  it("refuse an invalid time and an invalid verdict", () => {
    for (const wrong of [Number.NaN, 0.5, Number.POSITIVE_INFINITY])
      expect(() => alone(UNTRIED_PIN, true, wrong)).toThrow(RangeError);
    // @ts-expect-error a caller without types
    expect(() => alone(UNTRIED_PIN, true, new Date(NOON))).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => alone(UNTRIED_PIN, 1, NOON)).toThrow(TypeError);
  });

  it("never allow more than five and one a day, in any order", () => {
    const attempts = fc.array(fc.record({ correct: fc.boolean(), waitMs: fc.nat(DAY) }), { maxLength: 60 });
    fc.assert(
      fc.property(attempts, (plan) => {
        let atMs = NOON;
        const tries = play(
          UNTRIED_PIN,
          plan.map(({ correct, waitMs }) => {
            atMs += waitMs;
            return { correct, atMs };
          }),
        );
        const wrong = tries.filter(({ outcome }) => outcome === "wrong");
        const right = tries.filter((result) => "openedAt" in result);
        const state = tries.at(-1)?.state ?? UNTRIED_PIN;
        expect(right.map(({ outcome }) => outcome)).toEqual(
          right.map((_, index) => (index === 0 ? "opened" : "already_opened")),
        );
        expect(right.filter(({ openedAt }) => openedAt !== state.openedAt)).toEqual([]);
        expect(state.wrongTries).toBe(wrong.length);
        const wrongAtMs = wrong.map((result) => result.state.lastWrongAt!);
        const rationed = wrongAtMs.slice(4);
        for (const [index, at] of rationed.slice(1).entries())
          expect(at - rationed[index]!).toBeGreaterThanOrEqual(24 * 60 * 60 * 1000);
      }),
    );
  });
});

/** One try of a client with an address of its own. */
interface AddressAttempt extends Attempt {
  address: number;
}

/** Plays tries of several addresses, with each address's own count. */
function playFrom(attempts: AddressAttempt[], state: PinState = UNTRIED_PIN): PinTry[] {
  const counts = new Map<number, AddressTries>();
  return attempts.map(({ address, correct, atMs }) => {
    const mine = counts.get(address) ?? NO_TRIES;
    const result = tryPin(state, mine, correct, atMs);
    state = result.state;
    if (result.outcome === "wrong") counts.set(address, { wrong: mine.wrong + 1, lastWrongAt: atMs });
    return result;
  });
}

const strangers = (count: number): AddressAttempt[] =>
  Array.from({ length: count }, (_, i) => ({ address: i, correct: false, atMs: NOON + i }));

describe("tries at a PIN from many addresses", () => {
  it("never take the first try of an address that has not tried", () => {
    for (const count of [5, 6, 100, 3000]) {
      const buyer = { address: -1, correct: true, atMs: NOON + count };
      expect(playFrom([...strangers(count), buyer]).at(-1)).toMatchObject({ outcome: "opened" });
    }
  });

  it("make an address wait after its own wrong tries: a minute, ten, an hour, then a day", () => {
    const MINUTE = 60_000;
    const waits = [MINUTE, 10 * MINUTE, 60 * MINUTE, DAY, DAY];
    let atMs = NOON + 10;
    const mine: AddressAttempt[] = [{ address: -1, correct: false, atMs }];
    for (const wait of waits) {
      mine.push({ address: -1, correct: true, atMs: atMs + wait - 1 });
      atMs += wait;
      mine.push({ address: -1, correct: false, atMs });
    }
    const [first, ...later] = playFrom([...strangers(5), ...mine]).slice(5);
    expect(summary(first)).toEqual(["wrong", 0, NOON + 10 + MINUTE]);
    expect(later.map(({ outcome }) => outcome)).toEqual(waits.flatMap(() => ["locked", "wrong"]));
  });

  it("are free for all of them until the code has five wrong ones", () => {
    const tries = playFrom(
      [1, 1, 2, 2, 3].map((address, i) => ({ address, correct: false, atMs: NOON + i })),
    );
    expect(tries.map(summary).map(([outcome, left]) => [outcome, left])).toEqual(
      [4, 3, 2, 1, 0].map((left) => ["wrong", left]),
    );
  });

  it("allow an address at most five at once and five more a day, in any order", () => {
    const attempts = fc.array(
      fc.record({ address: fc.nat(3), correct: fc.constant(false), waitMs: fc.nat(DAY / 20) }),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(attempts, (plan) => {
        let atMs = NOON;
        const timed = plan.map(({ waitMs, ...attempt }) => ({ ...attempt, atMs: (atMs += waitMs) }));
        const judged = playFrom(timed).map((result, i) => ({
          ...timed[i]!,
          wrong: result.outcome === "wrong",
        }));
        for (const address of [0, 1, 2, 3]) {
          const wrongAtMs = judged
            .filter((one) => one.wrong && one.address === address)
            .map((one) => one.atMs);
          for (const [i, at] of wrongAtMs.slice(10).entries())
            expect(at - wrongAtMs[i]!).toBeGreaterThanOrEqual(DAY);
        }
      }),
    );
  });
});

/** A try where one address makes all tries of the code. */
function alone(state: PinState, correct: boolean, atMs: number): PinTry {
  return tryPin(state, { wrong: state.wrongTries, lastWrongAt: state.lastWrongAt }, correct, atMs);
}

interface Attempt {
  correct: boolean;
  atMs: number;
}

function wrongAt(offsetMs: number): Attempt {
  return { correct: false, atMs: NOON + offsetMs };
}

function play(state: PinState, attempts: Attempt[]): PinTry[] {
  return attempts.map(({ correct, atMs }) => {
    const result = alone(state, correct, atMs);
    state = result.state;
    return result;
  });
}

function after(attempts: Attempt[]): PinState {
  return play(UNTRIED_PIN, attempts).at(-1)?.state ?? UNTRIED_PIN;
}

function summary(result: PinTry | undefined): unknown[] {
  if (result?.outcome !== "wrong" && result?.outcome !== "locked") return [result?.outcome];
  return [result.outcome, result.triesLeft, result.nextTryAt];
}
