import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Invocation, UsageError } from "../../src/cli/command.ts";
import { verify } from "../../src/cli/verify.ts";
import { encodeBase64 } from "../../src/core/ledger/base64.ts";
import { type Bundle, formatBundle, parseBundle } from "../../src/core/ledger/bundle.ts";
import { entryOf } from "../../src/core/ledger/entry.ts";
import { decodeRecord } from "../../src/core/ledger/record.ts";
import { cosign } from "../../src/core/ledger/cosignature.ts";
import { signerFromSeed } from "../../src/core/ledger/ed25519.ts";
import { appendSignatures, parseNote } from "../../src/core/ledger/note.ts";
import { COSIGNATURE_V1, formatVerifierKey, makeVerifierKey } from "../../src/core/ledger/note-key.ts";
import { receiptOf } from "../../src/services/audit/receipt.ts";
import { makeBundle } from "../../src/services/audit/bundle.ts";
import { logKey } from "../../src/services/ledger/log-key.ts";
import { codeOf } from "../../src/services/custody/trace.ts";
import { placeCode } from "../../src/services/custody/subjects.ts";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
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
  // The codes are ordered before anything happens to the goods.
  harness.clock.nowMs = Date.parse("2026-02-01T00:00:00Z");
  const owner = await addOrganisation(service, "ent_owner", "Owner");
  const carrier = await addOrganisation(service, "ent_carrier", "Carrier");
  const batch = await issueBatch(service, owner, "bat_one", 1000);
  harness.clock.nowMs = START_MS;
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
  bundle = new TextEncoder().encode(`${formatBundle(await makeBundle(service, placed, owner))}\n`);
  vkey = formatVerifierKey(logKey(service));
});

afterAll(async () => {
  await harness.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function at(day: number): string {
  return `2026-10-${String(day).padStart(2, "0")}T08:00:00Z`;
}

/** Runs `suyuan verify` in this process; under the log's key unless `options` have another trust. */
async function run(
  bytes: Uint8Array | string,
  options: Record<string, string> = { key: vkey },
): Promise<{ code: number; text: string }> {
  const file = join(folder, "file");
  writeFileSync(file, bytes);
  const lines: string[] = [];
  const none = { update: () => undefined, end: () => undefined };
  const call: Invocation = {
    words: [file],
    option: (name) => options[name],
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

it("verify accepts an unchanged bundle", async () => {
  const { code, text } = await run(bundle);
  expect(text).toMatch(/^VERIFIED/);
  expect(code).toBe(0);
});

it(`verify refuses a bundle with any one of ${MANGLED} bytes changed`, async () => {
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

it("verify refuses a bundle that is cut short, followed by more, or empty", async () => {
  for (const length of [0, 1, 100, bundle.length - 2])
    expect((await run(bundle.slice(0, length))).code).toBe(1);
  expect((await run(Uint8Array.from([...bundle, 0x0a]))).code).toBe(1);
  expect((await run(Uint8Array.from([...bundle, 0x20]))).code).toBe(1);
});

it("a record moved to the entries of a unit's chain is not fully shown: exit code 3, never verified", async () => {
  const last = parseBundle(bundle);
  const accepting = last.records.findIndex((one) => one.record.includes('"kind":"accepting"'));
  const [hidden] = last.records.splice(accepting, 1) as [Bundle["records"][number]];
  const hiddenBytes = new TextEncoder().encode(hidden.record);
  const entry = encodeBase64(entryOf(hiddenBytes, decodeRecord(hiddenBytes).chains));
  last.entries.push({ index: hidden.index, entry });
  const { code, text } = await run(formatBundle(last));
  expect(text).toMatch(/^NOT FULLY SHOWN: /);
  expect(text).not.toMatch(/VERIFIED/);
  expect(code).toBe(3);
});

it("a bundle of the version before standing chains is not fully shown", async () => {
  const older = parseBundle(bundle);
  older.chains = older.chains.filter(({ of }) => !of.startsWith("standing:"));
  const { code, text } = await run(formatBundle(older));
  expect(text).toContain("it is of a version before them");
  expect(code).toBe(3);
});

describe("a file that is no bundle", () => {
  const PROBLEM = JSON.stringify({
    type: "/problems/not_found",
    title: "Not found",
    status: 404,
    detail: "no such code",
  });

  it("is refused with what it is and what to do", async () => {
    const { code, text } = await run(PROBLEM);
    expect(code).toBe(1);
    expect(text).toMatch(
      /^REFUSED: \S+file is an error answer of the service: not_found \(404\) — no such code\.\n {2}Fetch it again/,
    );
    const cut = await run(bundle.slice(0, 500));
    expect(cut.code).toBe(1);
    expect(cut.text).toMatch(/^REFUSED: \S+file is the beginning of a bundle: it ends after 500 characters/);
  });

  it("is refused in place of a receipt, and in place of a receipt's record", async () => {
    const record = join(folder, "record.json");
    writeFileSync(record, PROBLEM);
    expect((await run(PROBLEM, { key: vkey, record })).text).toMatch(/^REFUSED: \S+file is an error answer/);
    const receipt = await receiptOf(harness.service, 3);
    expect((await run(receipt, { key: vkey, record })).text).toMatch(
      /^REFUSED: \S+record\.json is an error answer/,
    );
  });

  it("is wrong usage where a bundle is given with --record", async () => {
    const refused = run(bundle, { key: vkey, record: join(folder, "record.json") });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/--record goes with a receipt, and \S+file is a bundle/);
  });
});

const parsed = () => parseBundle(bundle);

describe("under a policy", () => {
  const witness = signerFromSeed(new Uint8Array(32).fill(3));
  const NAME = "witness.example.org";
  const policyFile = (quorum: string): string => {
    const file = join(folder, "policy");
    const key = formatVerifierKey(makeVerifierKey(NAME, COSIGNATURE_V1, witness.publicKey));
    writeFileSync(file, `log ${vkey}\nwitness hongkong ${key}\nquorum ${quorum}\n`);
    return file;
  };
  /** The bundle under the same checkpoint, cosigned. */
  const cosigned = (text = parseNote(parsed().checkpoint).text): string => {
    const line = cosign(text, NAME, witness, 1_790_000_000);
    return `${formatBundle({ ...parsed(), checkpoint: appendSignatures(parsed().checkpoint, [line]) })}\n`;
  };
  it("a checkpoint that its quorum cosigned is accepted, with the witnesses and times", async () => {
    const { code, text } = await run(cosigned(), { policy: policyFile("hongkong") });
    expect(text).toMatch(/^VERIFIED/);
    expect(text).toContain("Cosigned by hongkong at 2026-09-21T14:13:20Z.");
    expect(code).toBe(0);
  });

  it("one without a quorum is refused, with the present and missing witnesses named", async () => {
    const { code, text } = await run(bundle, { policy: policyFile("hongkong") });
    expect(code).toBe(1);
    expect(text).toContain("cosigned by none of the policy's witnesses");
    expect(text).toContain("witness hongkong has not cosigned");
    expect((await run(bundle, { policy: policyFile("none") })).code).toBe(0);
    expect((await run(cosigned("another text\n"), { policy: policyFile("none") })).code).toBe(1);
  });
});

const mangled = (whole: Uint8Array, i: number): Uint8Array => whole.with(i, whole[i]! ^ 1);

/** The exit code; 2 where the file is not even taken for a receipt. */
const attempt = async (bytes: Uint8Array, of: string): Promise<number> =>
  run(bytes, { key: vkey, record: of }).then(
    ({ code }) => code,
    (error: unknown) => {
      expect(error).toBeInstanceOf(UsageError);
      return 2;
    },
  );

describe("a receipt", () => {
  const INDEX = 3;
  let receipt: string;
  let record: string;
  beforeAll(async () => {
    receipt = await receiptOf(harness.service, INDEX);
    record = join(folder, "record.json");
    writeFileSync(record, harness.service.store.ledger.record(INDEX)!.bytes);
  });

  it("proves its record, and lists what it does not prove", async () => {
    const { code, text } = await run(receipt, { key: vkey, record });
    expect(text).toMatch(new RegExp(`^VERIFIED: record ${INDEX} of the log of trace.example.org/log`));
    expect(text).toContain("What this receipt does not prove:");
    expect(code).toBe(0);
  });

  it("is refused with any byte of it or of its record changed", async () => {
    const taken: string[] = [];
    const bytes = new TextEncoder().encode(receipt);
    for (let i = 0; i < bytes.length; i++)
      if ((await attempt(mangled(bytes, i), record)) === 0) taken.push(`receipt ${i}`);
    const { bytes: right } = harness.service.store.ledger.record(INDEX)!;
    const other = join(folder, "other.json");
    for (let i = 0; i < right.length; i++) {
      writeFileSync(other, mangled(right, i));
      if ((await attempt(bytes, other)) === 0) taken.push(`record ${i}`);
    }
    expect(taken).toEqual([]);
  });

  it("is refused for another's record", async () => {
    writeFileSync(record, harness.service.store.ledger.record(INDEX + 1)!.bytes);
    expect((await run(receipt, { key: vkey, record })).code).toBe(1);
  });
});

describe("with the log itself", () => {
  let server: Server;
  let log: string;
  beforeAll(async () => {
    server = serve({ fetch: harness.app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
    await new Promise((listening) => server.once("listening", listening));
    log = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  it("a bundle is shown to be complete: its chains' lengths are those of the log", async () => {
    const offline = await run(bundle);
    expect(offline.text).toContain("claimed by the signer of its checkpoint");
    const { text, code } = await run(bundle, { key: vkey, log });
    expect(code, text).toBe(0);
    expect(text).toContain("COMPLETE");
    expect(text).toContain("None was withheld, doubled or cut");
    expect(text).not.toContain("claimed by the signer");
  });

  it("a bundle that withholds the newest records of the code is refused, with the chain and the record", async () => {
    const { service } = harness;
    const owner = { role: "enterprise" as const, organisation: "ent_owner", key: "k" };
    const placed = placeCode(service, codeOf(service, service.register.all[0]!.start + 5), "code");
    const unit = service.store.custody.units.find(sscc(1))!.number;
    // The bundle of a service that hides the pallet's last events: all its proofs are right.
    const { custody } = service.store;
    const { chains } = custody;
    const of = custody.nameOf(unit)!;
    const length = chains.length(unit);
    const last = chains.lastIndex(unit)!;
    const linksOf = chains.links.bind(chains);
    const lengthOf = chains.length.bind(chains);
    const factsOf = chains.facts.bind(chains);
    const links = vi
      .spyOn(chains, "links")
      .mockImplementation((...asked) => linksOf(...asked).filter(({ index }) => index !== last));
    const lengths = vi
      .spyOn(chains, "length")
      .mockImplementation((key) => lengthOf(key) - (key === unit ? 1 : 0));
    const factsIn = vi
      .spyOn(chains, "facts")
      .mockImplementation((...asked) => factsOf(...asked).filter(({ index }) => index !== last));
    const hiding = `${formatBundle(await makeBundle(service, placed, owner))}\n`;
    for (const spy of [links, lengths, factsIn]) spy.mockRestore();
    expect((await run(hiding)).text).toMatch(/^VERIFIED/);
    const { text, code } = await run(hiding, { key: vkey, log });
    expect(code).toBe(1);
    expect(text).toContain(of);
    expect(text).toContain(`record ${last} of the log`);
    expect(text).toContain(`is its place ${length - 1}: withheld`);
  });
});
