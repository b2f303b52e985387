import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LedgerClock } from "../../../src/services/ledger/clock.ts";
import type { Store } from "../../../src/store/store.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NOW = Date.parse("2026-11-01T00:00:00Z");

/** A clock on a store that only remembers, and what the operator was shown. */
class Machine {
  wallMs = NOW;
  monotonicMs = 0;
  lastRecordedMs = 0;
  decision: string | undefined;
  readonly shown: string[] = [];
  private readonly rows = new Map<string, string>();
  private clock = this.started();

  private started(): LedgerClock {
    const service = {
      meta: (key: string) => this.rows.get(key),
      setMeta: (key: string, value: string) => void this.rows.set(key, value),
    };
    const platform = { now: () => this.wallMs, monotonic: () => this.monotonicMs };
    return new LedgerClock({ service } as unknown as Store, platform, {
      decision: () => this.decision,
      doubted: (message) => void this.shown.push(`doubted: ${message}`),
      trusted: (message) => void this.shown.push(`trusted: ${message}`),
    });
  }

  /** A write: a record where none is refused. */
  write(): { recordedMs: number } | { refused: string; clockMs: number } {
    const { clockMs, refusal } = this.clock.read(this.lastRecordedMs);
    this.clock.save();
    if (refusal !== undefined) return { refused: refusal, clockMs };
    this.lastRecordedMs = Math.max(clockMs, this.lastRecordedMs);
    return { recordedMs: this.lastRecordedMs };
  }

  pass(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
  }

  restart(offMs: number): void {
    this.wallMs += offMs;
    this.monotonicMs = 17;
    this.clock = this.started();
  }

  accept(): void {
    this.decision = new Date(this.wallMs).toISOString();
  }
}

function running(): Machine {
  const machine = new Machine();
  expect(machine.write()).toEqual({ recordedMs: NOW });
  return machine;
}

const REFUSED = { refused: expect.any(String) as string, clockMs: expect.any(Number) as number };

describe("while the service runs", () => {
  it("time that passes is no jump, however long nobody writes", () => {
    const machine = running();
    machine.pass(400 * DAY);
    expect(machine.write()).toEqual({ recordedMs: NOW + 400 * DAY });
    expect(machine.shown).toEqual([]);
  });

  it("one reading a year ahead is refused, and leaves no mark on later records", () => {
    const machine = running();
    machine.pass(MINUTE);
    machine.wallMs += 365 * DAY;
    const refused = machine.write();
    expect(refused).toEqual({
      refused: expect.stringContaining(
        "the clock says 2027-11-01T00:01:00.000Z, 365 days ahead of 2026-11-01T00:01",
      ),
      clockMs: NOW + MINUTE,
    });
    machine.wallMs -= 365 * DAY;
    machine.pass(MINUTE);
    expect(machine.write()).toEqual({ recordedMs: NOW + 2 * MINUTE });
    expect(machine.shown).toEqual([
      expect.stringMatching(/^doubted: .*: records are refused$/),
      expect.stringMatching(/^trusted: .* is right again$/),
    ]);
  });

  it("a jump of minutes is reported, and taken", () => {
    const machine = running();
    machine.wallMs += 4 * MINUTE;
    expect(machine.write()).toEqual({ recordedMs: machine.wallMs });
    expect(machine.shown).toEqual([]);
    machine.wallMs += 3 * MINUTE;
    expect(machine.write()).toEqual({ recordedMs: machine.wallMs });
    expect(machine.shown).toEqual([expect.stringMatching(/^doubted: .* 7 minutes ahead of /)]);
  });

  it("jumps do not add up beyond a day", () => {
    const machine = running();
    const answers = Array.from({ length: 12 }, () => {
      machine.wallMs += 3 * 60 * MINUTE;
      return machine.write();
    });
    expect(answers.filter((answer) => "recordedMs" in answer)).toHaveLength(8);
    expect(answers.at(-1)).toEqual(REFUSED);
  });

  it("the same doubt is reported once in ten minutes", () => {
    const machine = running();
    machine.wallMs += 365 * DAY;
    for (let seconds = 0; seconds < 1199; seconds++) {
      machine.write();
      machine.pass(1000);
    }
    expect(machine.shown).toHaveLength(2);
  });

  it("a clock behind is reported; more than a day behind it is refused", () => {
    const machine = running();
    machine.wallMs -= 60 * MINUTE;
    expect(machine.write()).toEqual({ recordedMs: NOW });
    expect(machine.shown).toEqual([expect.stringMatching(/^doubted: .* 60 minutes before the last record/)]);
    machine.wallMs = 0;
    expect(machine.write()).toEqual({
      refused: expect.stringContaining("1970-01-01") as string,
      clockMs: NOW,
    });
  });

  it("a clock that goes back and forth never dates a record outside a day of the truth", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            passed: fc.integer({ min: 0, max: DAY }),
            jump: fc.integer({ min: -800 * DAY, max: 800 * DAY }),
          }),
          {
            maxLength: 40,
          },
        ),
        (steps) => {
          const machine = running();
          let before = NOW;
          let trueMs = NOW;
          for (const { passed, jump } of steps) {
            machine.pass(passed);
            trueMs += passed;
            machine.wallMs = trueMs + jump;
            const answer = machine.write();
            machine.wallMs = trueMs;
            if (!("recordedMs" in answer)) continue;
            expect(answer.recordedMs).toBeGreaterThanOrEqual(before);
            expect(answer.recordedMs).toBeLessThanOrEqual(trueMs + DAY + 5 * MINUTE);
            before = answer.recordedMs;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("at a start", () => {
  it("a week later is a week off", () => {
    const machine = running();
    machine.restart(7 * DAY);
    expect(machine.write()).toEqual({ recordedMs: NOW + 7 * DAY });
    expect(machine.shown).toEqual([]);
  });

  it("a year later is refused until the clock is right", () => {
    const machine = running();
    machine.restart(365 * DAY);
    expect(machine.write()).toEqual(REFUSED);
    machine.wallMs = NOW + DAY;
    expect(machine.write()).toEqual({ recordedMs: NOW + DAY });
  });

  it("a store of a version without this memory is trusted, and remembers from then on", () => {
    const machine = new Machine();
    machine.lastRecordedMs = NOW - 300 * DAY;
    expect(machine.write()).toEqual({ recordedMs: NOW });
    machine.restart(300 * DAY);
    expect(machine.write()).toEqual(REFUSED);
  });

  it("a clock of 1970 is refused, even for an empty log", () => {
    const machine = new Machine();
    machine.wallMs = 12_345;
    expect(machine.write()).toEqual(REFUSED);
  });

  it("a reading that was refused stays refused after a restart, and is trusted once it is right", () => {
    const machine = running();
    machine.wallMs += 40 * DAY;
    expect(machine.write()).toEqual(REFUSED);
    machine.restart(MINUTE);
    expect(machine.write()).toEqual({
      refused: expect.stringContaining("it was refused from 2026-12-11") as string,
      clockMs: NOW,
    });
    machine.wallMs -= 40 * DAY;
    expect(machine.write()).toEqual({ recordedMs: NOW + MINUTE });
  });

  it("a ledger that runs without records is no ledger that was off", () => {
    const machine = running();
    for (let day = 0; day < 200; day++) {
      machine.pass(DAY);
      // As the service does every hour: a write without a record.
      machine.write();
      machine.lastRecordedMs = NOW;
    }
    machine.restart(DAY);
    expect(machine.write()).toEqual({ recordedMs: NOW + 201 * DAY });
  });
});

describe("the operator", () => {
  it.each([
    { jump: 365 * DAY, restart: false },
    { jump: 365 * DAY, restart: true },
    { jump: -3 * DAY, restart: false },
    { jump: -3 * DAY, restart: true },
  ])("accepts a clock that is $jump ms off (restart: $restart)", ({ jump, restart }) => {
    const machine = running();
    machine.wallMs += jump;
    expect(machine.write()).toEqual(REFUSED);
    machine.accept();
    if (restart) machine.restart(0);
    expect(machine.write()).toEqual({ recordedMs: Math.max(NOW, NOW + jump) });
    expect(machine.shown.at(-1)).toMatch(/^trusted: .* is accepted by the operator$/);
    machine.restart(MINUTE);
    expect(machine.write()).toEqual({ recordedMs: Math.max(NOW, NOW + jump + MINUTE) });
  });

  it("accepts one clock, and not every later one", () => {
    const machine = running();
    machine.wallMs += 365 * DAY;
    machine.write();
    machine.accept();
    expect(machine.write()).toEqual({ recordedMs: NOW + 365 * DAY });
    machine.wallMs += 365 * DAY;
    expect(machine.write()).toEqual(REFUSED);
    machine.wallMs -= 363 * DAY;
    expect(machine.write()).toEqual(REFUSED);
  });
});
