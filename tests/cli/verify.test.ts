import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Invocation } from "../../src/cli/command.ts";
import { verify } from "../../src/cli/verify.ts";
import { formatBundle } from "../../src/ledger/bundle.ts";
import { formatVerifierKey } from "../../src/ledger/note-key.ts";
import { makeBundle } from "../../src/services/audit/bundle.ts";
import { logKey } from "../../src/services/audit/run-audit.ts";
import { codeOf } from "../../src/services/custody/trace.ts";
import { placeCode } from "../../src/services/custody/subjects.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { addOrganisation, issueBatch, report, sscc } from "../world.ts";

/** Positions of the file at which one byte is changed, each a run of the command. */
const MANGLED = 400;

let harness: Harness;
let folder: string;
let vkey: string;
let bundle: Uint8Array;

beforeAll(async () => {
  harness = makeHarness();
  folder = mkdtempSync(join(tmpdir(), "suyuan-verify-"));
  const { service } = harness;
  const owner = await addOrganisation(service, "ent_owner", "Owner");
  const carrier = await addOrganisation(service, "ent_carrier", "Carrier");
  const batch = await issueBatch(service, owner, "bat_one", 1000);
  const unit = sscc(1);
  const parts = { batch: batch.id, first: 0, last: 23 };
  await report(service, owner, [
    { kind: "commissioning", at: at(1), subjects: [{ batch: batch.id }] },
    { kind: "packing", at: at(2), subjects: [parts], into: unit },
    { kind: "shipping", at: at(3), subjects: [{ unit }], to: carrier.organisation },
  ]);
  await report(service, carrier, [
    { kind: "accepting", at: at(4), subjects: [{ unit }], place: { country: "NZ" } },
  ]);
  const placed = placeCode(service, codeOf(service, batch.start + 5), "code");
  bundle = new TextEncoder().encode(`${formatBundle(makeBundle(service, placed, owner))}\n`);
  vkey = formatVerifierKey(logKey(service));
});

afterAll(async () => {
  await harness.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function at(day: number): string {
  return `2026-10-${String(day).padStart(2, "0")}T08:00:00Z`;
}

/** Runs `suyuan verify` in this process. */
async function run(bytes: Uint8Array): Promise<{ code: number; text: string }> {
  const file = join(folder, "bundle.json");
  writeFileSync(file, bytes);
  const lines: string[] = [];
  const none = { update: () => undefined, end: () => undefined };
  const call: Invocation = {
    words: [file],
    option: (name) => (name === "key" ? vkey : undefined),
    flag: () => false,
    out: {
      json: false,
      terminal: false,
      line: (text = "") => void lines.push(text),
      document: () => undefined,
      note: () => undefined,
      progress: () => none,
    },
  };
  return { code: await verify.run(call), text: lines.join("\n") };
}

it("takes the bundle as it is", async () => {
  const { code, text } = await run(bundle);
  expect(text).toMatch(/^VERIFIED/);
  expect(code).toBe(0);
});

it(`refuses it with any one of ${MANGLED} bytes changed`, async () => {
  const taken: number[] = [];
  for (let i = 0; i < MANGLED; i++) {
    const position = Math.floor((i * (bundle.length - 1)) / MANGLED);
    const bytes = Uint8Array.from(bundle);
    bytes[position] = (bytes[position] as number) ^ (1 << (i % 7));
    const { code, text } = await run(bytes);
    if (code !== 1 || !text.startsWith("REFUSED")) taken.push(position);
  }
  expect(
    taken.map((position) => new TextDecoder().decode(bundle.slice(position - 40, position + 20))),
  ).toEqual([]);
});

it("refuses it cut short, with more after it, and empty", async () => {
  for (const length of [0, 1, 100, bundle.length - 2])
    expect((await run(bundle.slice(0, length))).code).toBe(1);
  expect((await run(Uint8Array.from([...bundle, 0x0a]))).code).toBe(1);
  expect((await run(Uint8Array.from([...bundle, 0x20]))).code).toBe(1);
});
