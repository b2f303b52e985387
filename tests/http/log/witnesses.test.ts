import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { cosign } from "../../../src/core/ledger/cosignature.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { parseNote } from "../../../src/core/ledger/note.ts";
import { COSIGNATURE_V1, formatVerifierKey, makeVerifierKey } from "../../../src/core/ledger/note-key.ts";
import {
  formatPolicy,
  openCosigned,
  parsePolicy,
  type PolicyWitness,
} from "../../../src/core/ledger/policy.ts";
import { parseTlogProof } from "../../../src/core/ledger/tlog-proof.ts";
import { decideAddCheckpoint, parseAddCheckpoint } from "../../../src/core/ledger/witness.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { type Harness, makeHarness } from "../../harness.ts";

const COSIGNED_SECONDS = 1_700_000_000;

/** A witness of the test's own, which can be made to fail. */
class TestWitness {
  readonly name: string;
  readonly key;
  readonly requests: string[] = [];
  /** Its answer in place of a cosignature. */
  fault: ((body: string) => Promise<{ status: number; type: string; body: string }>) | undefined;
  checkpoint: string | undefined;
  conflicts = 0;
  private readonly signer;
  private readonly server: Server;

  constructor(name: string) {
    this.name = name;
    this.signer = signerFromSeed(new Uint8Array(32).fill(name.charCodeAt(0)));
    this.key = makeVerifierKey(`${name}.example.org`, COSIGNATURE_V1, this.signer.publicKey);
    this.server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts).toString();
      this.requests.push(body);
      const answer = await (this.fault ?? ((text) => Promise.resolve(this.answer(text))))(body);
      response.writeHead(answer.status, { "Content-Type": answer.type }).end(answer.body);
    });
  }

  answer(body: string): { status: number; type: string; body: string } {
    const decision = decideAddCheckpoint(body, () => ({ keys: [key], checkpoint: this.checkpoint }));
    if (decision.status === 409) this.conflicts += 1;
    if (decision.status !== 200)
      return { status: decision.status, type: decision.mediaType, body: decision.body };
    this.checkpoint = decision.checkpoint;
    return { status: 200, type: "text/plain", body: `${this.line(decision.text)}\n` };
  }

  line(text: string): string {
    return cosign(text, this.key.name, this.signer, COSIGNED_SECONDS);
  }

  /** How many records it has cosigned. */
  size(): number {
    return this.checkpoint === undefined ? 0 : parseCheckpoint(parseNote(this.checkpoint).text).size;
  }

  async listen(): Promise<PolicyWitness> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    const { port } = this.server.address() as AddressInfo;
    return { name: this.name, key: this.key, url: `http://127.0.0.1:${port}/w` };
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let folder: string;
let harness: Harness;
let key: ReturnType<typeof logKey>;
let witnesses: TestWitness[];
let lastSettings: Record<string, string>;
let made = 0;

/** A service whose quorum is two of three witnesses. */
async function serve(settings: Record<string, string> = {}): Promise<TestWitness[]> {
  witnesses = ["amy", "ben", "cho"].map((name) => new TestWitness(name));
  const listed = await Promise.all(witnesses.map((witness) => witness.listen()));
  const groups = [{ name: "two", threshold: 2, members: ["amy", "ben", "cho"] }];
  const policy = join(folder, "policy");
  writeFileSync(policy, formatPolicy({ logs: [], witnesses: listed, groups, quorum: "two" }));
  open({
    SUYUAN_WITNESS_POLICY: policy,
    SUYUAN_WITNESS_EVERY_SECONDS: "0",
    // Long: a slow machine must not count as a witness that does not answer.
    SUYUAN_WITNESS_TIMEOUT_SECONDS: "60",
    ...settings,
  });
  return witnesses;
}

function open(settings: Record<string, string>): void {
  lastSettings = settings;
  harness = makeHarness(settings, join(folder, "data"));
  // It submits only after this turn, so its witnesses know its key in time.
  key = logKey(harness.service);
}

async function reopen(settings = lastSettings): Promise<void> {
  const { operatorKey } = harness;
  await harness.dispose();
  open(settings);
  harness.operatorKey = operatorKey;
}

const down = () => Promise.resolve({ status: 503, type: "text/plain", body: "down\n" });
const policyServed = async () => parsePolicy((await harness.call("GET", "/log/policy")).text);
const published = async () =>
  openCosigned(await policyServed(), (await harness.call("GET", "/log/checkpoint")).text);
/** A record: an authority's registration. */
const record = () =>
  harness.call("POST", "/v1/organisations", {
    key: harness.operatorKey,
    body: {
      role: "assessor",
      names: { en: "A laboratory" },
      identity: { scheme: "national", value: `LAB-${++made}` },
      country: "NZ",
    },
  });

/** The index of its last record: a registration has another for its first key. */
async function recorded(): Promise<number> {
  const { status, text, headers } = await record();
  expect(status, text).toBe(201);
  return Number(/\d+$/.exec(headers.get("Suyuan-Record") ?? "")![0]);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suyuan-witnesses-"));
});
afterEach(async () => {
  await harness.dispose();
  for (const witness of witnesses) witness.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a log with witnesses", () => {
  it("publishes checkpoints that a quorum cosigned, with receipts that verify under its stated policy", async () => {
    await serve();
    const index = await recorded();
    const receipt = await harness.call("GET", `/v1/records/${index}/receipt`);
    expect(receipt.status, receipt.text).toBe(200);
    const cosigned = openCosigned(await policyServed(), parseTlogProof(receipt.text).checkpoint);
    expect(cosigned.satisfied).toBe(true);
    expect(cosigned.checkpoint.size).toBeGreaterThan(index);
    expect(cosigned.cosigned.every(({ atSeconds }) => atSeconds === COSIGNED_SECONDS)).toBe(true);
    expect(await published()).toMatchObject({ satisfied: true });
    const size = index + 1;
    await recorded();
    await expect.poll(async () => (await published()).checkpoint.size).toBeGreaterThan(size);
    // The last submission proves that it continues the one before.
    const last = parseAddCheckpoint(witnesses[0]!.requests.at(-1)!);
    expect(last.oldSize).toBeGreaterThanOrEqual(size);
    expect(last.proof.length).toBeGreaterThan(0);
  });

  it("reaches a quorum despite a failing witness and wrong lines, and reports the failure", async () => {
    const [amy, ben] = await serve();
    amy!.fault = () => Promise.resolve({ status: 500, type: "text/plain", body: "no disk\n" });
    // Its valid line comes with two others: an unknown witness's, and a wrong one under its own name.
    ben!.fault = (body) => {
      const { checkpoint } = parseAddCheckpoint(body);
      const right = ben!.answer(body);
      const lines = [new TestWitness("zoe").line(parseNote(checkpoint).text), ben!.line("another text\n")];
      return Promise.resolve({ ...right, body: `${lines.join("\n")}\n${right.body}` });
    };
    const index = await recorded();
    const receipt = await harness.call("GET", `/v1/records/${index}/receipt`);
    const { cosigned, satisfied } = openCosigned(
      await policyServed(),
      parseTlogProof(receipt.text).checkpoint,
    );
    expect(satisfied).toBe(true);
    expect(cosigned.map(({ name }) => name)).toEqual(["ben", "cho"]);
    const { witnesses: standings } = (await harness.call("GET", "/v1/log")).json;
    expect(standings[0]).toMatchObject({ name: "amy", problem: "answered 500: no disk" });
    expect(standings[1]).toMatchObject({ name: "ben", problem: null });
    // And it counts again when it is back.
    amy!.fault = undefined;
    await recorded();
    await expect.poll(async () => (await published()).cosigned.length).toBe(3);
  });

  it("continues without a quorum if set to, and its checkpoint shows which witnesses are missing", async () => {
    const [amy, ben] = await serve({ SUYUAN_WITNESS_TIMEOUT_SECONDS: "3" });
    amy!.fault = ben!.fault = () => new Promise(() => undefined);
    const index = await recorded();
    const receipt = await harness.call("GET", `/v1/records/${index}/receipt`);
    expect(receipt.status, receipt.text).toBe(200);
    const { satisfied, cosigned } = openCosigned(
      await policyServed(),
      parseTlogProof(receipt.text).checkpoint,
    );
    expect(satisfied).toBe(false);
    expect(cosigned.map(({ name }) => name)).toEqual(["cho"]);
    const { witnesses: standings } = (await harness.call("GET", "/v1/log")).json;
    expect(standings[0].problem).toBe("did not answer in time");
  });

  it("set to continue without a quorum, never shows a smaller log once its first round ends", async () => {
    const [amy, ben, cho] = await serve();
    const release = Promise.withResolvers<void>();
    for (const witness of [amy, ben, cho])
      witness!.fault = (body) => release.promise.then(() => witness!.answer(body));
    await expect.poll(() => cho!.requests.length).toBe(1);
    const { checkpoint } = parseAddCheckpoint(cho!.requests[0]!);
    const submitted = parseCheckpoint(parseNote(checkpoint).text).size;
    await recorded();
    const shown = [(await published()).checkpoint.size];
    release.resolve();
    await expect
      .poll(async () => shown[shown.push((await published()).checkpoint.size) - 1])
      .toBeGreaterThan(submitted);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(shown[0]).toBeLessThanOrEqual(submitted);
  });

  it("if set to stop, publishes nothing newer without a quorum, and after the grace time accepts no record", async () => {
    const [amy, ben] = await serve({ SUYUAN_WITHOUT_QUORUM: "stop", SUYUAN_QUORUM_GRACE_SECONDS: "60" });
    const first = await recorded();
    expect((await harness.call("GET", `/v1/records/${first}/receipt`)).status).toBe(200);
    const before = await published();
    amy!.fault = ben!.fault = down;
    const second = await recorded();
    const receipt = await harness.call("GET", `/v1/records/${second}/receipt`);
    expect(receipt.status).toBe(503);
    expect(receipt.json.detail).toContain("witnesses");
    expect(await published()).toEqual(before);
    // A tile beyond the published checkpoint does not exist.
    const beyond = await harness.call("GET", `/log/tile/entries/000.p/${second + 1}`);
    expect(beyond.status).toBe(404);
    harness.clock.nowMs += 61_000;
    const refused = await record();
    expect(refused.status, refused.text).toBe(503);
    expect(harness.service.store.ledger.size()).toBe(second + 1);
    amy!.fault = ben!.fault = undefined;
    await expect.poll(async () => (await record()).status).toBe(201);
    expect((await harness.call("GET", `/v1/records/${second}/receipt`)).status).toBe(200);
  });

  it("continues after a restart from what witnesses cosigned", async () => {
    await serve();
    const recordedAt = await recorded();
    await expect.poll(() => witnesses[0]!.size()).toBeGreaterThan(recordedAt);
    const size = witnesses[0]!.size();
    await reopen();
    expect(await published()).toMatchObject({ satisfied: true });
    const index = await recorded();
    const receipt = await harness.call("GET", `/v1/records/${index}/receipt`);
    expect(openCosigned(await policyServed(), parseTlogProof(receipt.text).checkpoint).satisfied).toBe(true);
    // The service remembered no sizes: the witness's 409 gave the size to prove from.
    expect(witnesses[0]!.conflicts).toBe(1);
    expect(witnesses[0]!.size()).toBeGreaterThan(size);
  });

  it("learns from a witness that its store is an old copy", async () => {
    await serve();
    await recorded();
    for (const witness of witnesses)
      witness.fault = () => Promise.resolve({ status: 409, type: "text/x.tlog.size", body: "1000\n" });
    await recorded();
    await expect
      .poll(async () => (await harness.call("GET", "/v1/log")).json.witnesses[0].problem)
      .toMatch(/cosigned 1000 records .* old copy/);
  });

  it("never publishes a smaller log than before, when witnesses are turned off and on again", async () => {
    await serve({ SUYUAN_WITHOUT_QUORUM: "stop" });
    const index = await recorded();
    expect((await harness.call("GET", `/v1/records/${index}/receipt`)).status).toBe(200);
    const settings = { ...lastSettings };
    await reopen({});
    await recorded();
    const { checkpoint } = openCosigned(
      { logs: [{ key }], witnesses: [], groups: [], quorum: null },
      (await harness.call("GET", "/log/checkpoint")).text,
    );
    for (const witness of witnesses)
      witness.fault = () => Promise.resolve({ status: 503, type: "text/plain", body: "" });
    await reopen(settings);
    // Nothing at all, rather than the older one that was cosigned last.
    expect((await harness.call("GET", "/log/checkpoint")).status).toBe(503);
    for (const witness of witnesses) witness.fault = undefined;
    await recorded();
    await expect.poll(async () => (await harness.call("GET", "/log/checkpoint")).status).toBe(200);
    expect((await published()).checkpoint.size).toBeGreaterThanOrEqual(checkpoint.size);
  });

  it.each([
    ["a policy without a witness", "quorum none\n", /names no witness/],
    ["a witness without an address", "WITNESS\nquorum amy\n", /needs the http or https address/],
    ["no policy", "nonsense\n", /line 1/],
  ])("does not start with %s", (_what, text, message) => {
    witnesses = [];
    const vkey = formatVerifierKey(new TestWitness("amy").key);
    writeFileSync(join(folder, "policy"), text.replace("WITNESS", `witness amy ${vkey}`));
    const settings = { SUYUAN_WITNESS_POLICY: join(folder, "policy") };
    expect(() => makeHarness(settings, join(folder, "data"))).toThrow(message);
    harness = makeHarness({}, join(folder, "data"));
  });
});
