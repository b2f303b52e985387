import { createHash } from "node:crypto";
import { get } from "node:http";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hexToBytes } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signerFromSeed } from "../../src/core/ledger/ed25519.ts";
import { appendSignatures, openNote } from "../../src/core/ledger/note.ts";
import {
  ED25519,
  formatVerifierKey,
  makeVerifierKey,
  parseVerifierKey,
} from "../../src/core/ledger/note-key.ts";
import { TileReader } from "../../src/core/ledger/tile-reader.ts";
import { formatAddCheckpoint } from "../../src/core/ledger/witness.ts";
import { vectorFolder } from "../core/ledger/vectors.ts";
import { entriesOf, KEY, LyingLog, ORIGIN } from "../core/ledger/lying-log.ts";
import { type Started, start, suyuan, temporaryFolder } from "./process.ts";

const NAME = "witness.example.org";
let folder: string;
let logs: string;

/** A witness that listens. */
async function startWitness(data: string, file = logs): Promise<Started & { url: string; vkey: string }> {
  const args = ["witness", "--data", data, "--logs", file, "--name", NAME, "--port", "0"];
  const started = start("cli/main.ts", args);
  const [, url = ""] = await started.wrote(/listening at (http:\S+),/);
  return { ...started, url, vkey: /Witness (\S+)/.exec(started.stdout())![1]! };
}

async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${url}/add-checkpoint`, { method: "POST", body });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

/** Of a request whose target `fetch` would not send. */
function statusOf(url: string, target: string): Promise<number | undefined> {
  return new Promise((answered, failed) => {
    const request = get(url, { path: target }, (response) => {
      response.resume();
      answered(response.statusCode);
    });
    request.once("error", failed);
  });
}

async function submit(url: string, log: LyingLog, oldSize: number): ReturnType<typeof post> {
  const proof = await new TileReader(log.tree, log.fetch).consistencyProof(oldSize);
  return post(url, formatAddCheckpoint({ oldSize, proof, checkpoint: log.checkpoint() }));
}

beforeAll(() => {
  folder = temporaryFolder();
  logs = join(folder, "logs");
  writeFileSync(logs, `${formatVerifierKey(KEY)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("suyuan witness", () => {
  it("cosigns a log that continues, remembers it after a kill, and refuses another history", async () => {
    const data = join(folder, "one");
    const six = new LyingLog(entriesOf(6));
    const first = await startWitness(data);
    const answer = await submit(first.url, six, 0);
    expect(answer.status).toBe(200);
    const key = parseVerifierKey(first.vkey);
    const cosigned = appendSignatures(six.checkpoint(), [answer.text.trimEnd()]);
    const { verified } = openNote(cosigned, [KEY, key]);
    expect(verified.map(({ name }) => name)).toEqual([ORIGIN, NAME]);
    expect(verified[1]!.timeSeconds).toBeTypeOf("number");
    first.child.kill("SIGKILL");
    await first.ended;
    const again = await startWitness(data);
    expect(again.vkey).toBe(first.vkey);
    const nine = new LyingLog(entriesOf(9));
    expect(await submit(again.url, nine, 0)).toEqual({ status: 409, type: "text/x.tlog.size", text: "6\n" });
    expect((await submit(again.url, new LyingLog(entriesOf(9, 2)), 6)).status).toBe(422);
    const fork = new LyingLog(entriesOf(6, 2));
    for (let times = 0; times < 3; times++) expect((await submit(again.url, fork, 6)).status).toBe(409);
    expect((await submit(again.url, nine, 6)).status).toBe(200);
    const hash = createHash("sha256").update(ORIGIN).digest("hex");
    const kept = `${again.url}/${hash}/checkpoint`;
    const read = await (await fetch(kept)).text();
    expect((await fetch(kept, { method: "POST", body: read })).status).toBe(405);
    expect(openNote(read, [KEY, key]).verified).toHaveLength(2);
    expect(read.startsWith(nine.checkpoint())).toBe(true);
    again.child.kill("SIGTERM");
    const { code, stderr } = await again.ended;
    expect(code).toBe(0);
    // Its operator is notified once of each, with the evidence, and not of a stale request.
    expect(stderr.match(/^suyuan witness: (FORK|NOT CONTINUED)/gm)).toEqual([
      "suyuan witness: NOT CONTINUED",
      "suyuan witness: FORK",
    ]);
    expect(stderr).toContain(`Cosigned:\n\n${six.checkpoint()}`);
    expect(stderr).toContain(`Now signed:\n\n${fork.checkpoint()}`);
    for (const file of ["witness.key", "logs.jsonl"])
      expect(statSync(join(data, file)).mode & 0o777, file).toBe(0o600);
  });

  it("gives one of many concurrent histories its cosignature", async () => {
    const { url, child, ended } = await startWitness(join(folder, "race"));
    const histories = Array.from({ length: 8 }, (_, i) => new LyingLog(entriesOf(6, i + 1)));
    const answers = await Promise.all(histories.map((log) => submit(url, log, 0)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(7);
    child.kill("SIGTERM");
    await ended;
  });

  it("does not let a second process use its folder", async () => {
    const data = join(folder, "locked");
    const { child, ended } = await startWitness(data);
    const second = await suyuan(["witness", "--data", data, "--logs", logs, "--port", "0"]);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain("another process");
    child.kill("SIGTERM");
    await ended;
  });

  it("accepts either key of a log that changes its key, and continues after the old one is removed", async () => {
    const data = join(folder, "rotated");
    const both = join(folder, "both");
    const older = makeVerifierKey(ORIGIN, ED25519, signerFromSeed(new Uint8Array(32).fill(9)).publicKey);
    writeFileSync(both, `${formatVerifierKey(KEY)}\n${formatVerifierKey(older)}\n`);
    const first = await startWitness(data, both);
    expect((await submit(first.url, new LyingLog(entriesOf(6)), 0)).status).toBe(200);
    first.child.kill("SIGTERM");
    await first.ended;
    writeFileSync(both, `${formatVerifierKey(older)}\n`);
    const again = await startWitness(data, both);
    const late = await submit(again.url, new LyingLog(entriesOf(9)), 6);
    expect(late.status).toBe(403);
    expect((await post(again.url, "old 0\n\n" + new LyingLog(entriesOf(9)).checkpoint())).status).toBe(403);
    again.child.kill("SIGTERM");
    await again.ended;
  });

  it("answers invalid requests with the right status", async () => {
    const { url, child, ended } = await startWitness(join(folder, "odd"));
    expect((await post(url, "nonsense")).status).toBe(400);
    expect((await post(url, "x".repeat(100_000))).status).toBe(413);
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
    // An untrusted line whose name is not UTF-8: with a replacement character it would be ignored.
    const note = Buffer.from(`old 0\n\n${new LyingLog(entriesOf(6)).checkpoint()}— ? AAAAAAAA\n`);
    note[note.indexOf("— ?") + 4] = 0xff;
    expect((await post(url, new Uint8Array(note))).status).toBe(400);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect(await statusOf(url, "//[")).toBe(404);
    expect((await fetch(`${url}/${"0".repeat(64)}/checkpoint`)).status).toBe(404);
    child.kill("SIGTERM");
    await ended;
  });

  it("does not start with a damaged state, or another witness's", async () => {
    const data = join(folder, "one");
    const kept = readFileSync(join(data, "logs.jsonl"), "utf8");
    const run = (...more: string[]) =>
      suyuan(["witness", "--data", data, "--logs", logs, "--port", "0", ...more]);
    expect(await run("--name", "other.example.org")).toMatchObject({ code: 1, stdout: "" });
    writeFileSync(join(data, "logs.jsonl"), kept.replace(String.raw`\n9\n`, String.raw`\n8\n`));
    expect(await run()).toMatchObject({ code: 1, stdout: "" });
    writeFileSync(join(data, "logs.jsonl"), kept.slice(0, 40));
    expect(await run()).toMatchObject({ code: 1, stdout: "" });
    writeFileSync(logs, "");
    expect(await run()).toMatchObject({ code: 2 });
    writeFileSync(logs, "nonsense\n");
    expect(await run()).toMatchObject({ code: 2 });
    writeFileSync(logs, `${formatVerifierKey(KEY)}\n`);
    const nameless = ["witness", "--data", join(folder, "new"), "--logs", logs];
    expect(await suyuan(nameless)).toMatchObject({ code: 2 });
    // Nor does it leave a key that no later start could read.
    for (const name of ["two words", "plus+plus", ""])
      expect(await suyuan([...nameless, "--name", name])).toMatchObject({ code: 2 });
    expect(existsSync(join(folder, "new", "witness.key"))).toBe(false);
  });
});

const litewitness = vectorFolder("tlog/torchwood/cmd/litewitness/testdata");

describe.runIf(litewitness.present)("the exchanges of FiloSottile/torchwood's litewitness", () => {
  it("get the same answers, except for an unknown log, for which the specification has 404", async () => {
    const script = readFileSync(join(litewitness.path, "litewitness.txt"), "utf8");
    const exchanges = [...script.matchAll(/```\n(old [\s\S]*?\n)```\nHTTP (\d+)/g)];
    const file = join(folder, "sigsum");
    const origin = /^sigsum\S+/m.exec(exchanges[0]![1]!)![0];
    const publicKey = hexToBytes(/-key=([0-9a-f]{64})/.exec(script)![1]!);
    writeFileSync(file, `${formatVerifierKey(makeVerifierKey(origin, ED25519, publicKey))}\n`);
    const { url, child, ended } = await startWitness(join(folder, "sigsum-data"), file);
    const found: number[] = [];
    for (const [, body] of exchanges) found.push((await post(url, body!)).status);
    expect(exchanges.map(([, , status]) => Number(status))).toEqual([
      200, 403, 403, 422, 422, 200, 409, 200, 409,
    ]);
    expect(found).toEqual([200, 403, 404, 422, 422, 200, 409, 200, 409]);
    child.kill("SIGTERM");
    await ended;
  });
});
