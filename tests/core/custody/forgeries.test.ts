import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { verifyBundle } from "../../../src/core/custody/verification.ts";
import { VerificationError } from "../../../src/core/custody/verification-error.ts";
import { nodePlatform } from "../../../src/node/platform.ts";
import { auditLedger } from "../../../src/services/audit/audit.ts";
import { makeBundle } from "../../../src/services/audit/bundle.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import type { Caller } from "../../../src/services/caller.ts";
import { ForgedLog, type Step } from "./forged-log.ts";

interface Forgery {
  rule: string;
  steps: Step[];
  code?: number;
}

const ROOT = resolve(import.meta.dirname, "../../../fixtures/forgeries");
const NAMES = readdirSync(ROOT)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.replace(/\.json$/, ""));
/** Reads the bundle as the public does: what is shown to everybody must be enough to see a forgery. */
const PUBLIC: Caller = { role: "anonymous", organisation: "", key: "" };
/** Packed in a circle, goods have no journey, and the service gives no bundle. */
const WITHOUT_BUNDLE = new Set(["packed_in_a_circle"]);

let log: ForgedLog;
afterEach(() => log.h.dispose());

describe("a forgery", () => {
  it("needs a rule: the world without one is sound and verified", async () => {
    log = await ForgedLog.open();
    await log.take([{ by: "A", kind: "storing", codes: [0] }]);
    expect(await audited()).toEqual([]);
    expect((await verified(0)).notShown).toEqual([]);
  });

  it.each(NAMES)("%s is named by the audit and refused by the verifier", async (name) => {
    const { rule, steps, code } = JSON.parse(readFileSync(resolve(ROOT, `${name}.json`), "utf8")) as Forgery;
    log = await ForgedLog.open();
    const before = log.h.service.store.ledger.size();
    await log.take(steps);
    const breaks = await audited();
    const named = breaks.filter((one) => one.rule === rule);
    expect(named, JSON.stringify(breaks)).not.toEqual([]);
    if (rule !== "packed_in_a_circle")
      expect(Number(named[0]!.at.replace(/^record /, ""))).toBeGreaterThanOrEqual(before);
    if (code === undefined || WITHOUT_BUNDLE.has(rule)) return;
    const refusal = await verified(code).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(VerificationError);
    const { broken } = refusal as VerificationError;
    expect(broken?.rule, String(refusal)).toBe(rule);
    expect(broken?.record).toBeGreaterThanOrEqual(before);
  });
});

async function audited() {
  const { service } = log.h;
  return (await auditLedger({ store: service.store, key: logKey(service), platform: nodePlatform })).breaks;
}

async function verified(position: number) {
  const { service } = log.h;
  const { batch } = log;
  const bundle = await makeBundle(service, { batch, position, key: batch.start + position }, PUBLIC);
  return verifyBundle(bundle, logKey(service));
}
