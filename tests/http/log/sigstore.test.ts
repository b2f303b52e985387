import { execFile } from "node:child_process";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatVerifierKey, makeVerifierKey, ED25519 } from "../../../src/core/ledger/note-key.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { addOrganisation } from "../../world.ts";

const PROGRAM = resolve(import.meta.dirname, "../../foreign/sigstore.ts");
let harness: Harness;
let server: Server;
let url: string;
/** Changes the bytes served at a path; gets the honest ones. */
let damage: (path: string, body: Buffer) => Buffer;

/** The program's output, whatever its exit code; that stands before it. */
async function sigstore(index: number, vkey: string): Promise<string> {
  const ended = promisify(execFile)(process.execPath, [PROGRAM, url, String(index), vkey]);
  return ended.then(
    ({ stdout }) => `0 ${stdout}`,
    (error: unknown) => `${(error as { code: number }).code} ${(error as { stdout: string }).stdout}`,
  );
}

beforeAll(async () => {
  harness = makeHarness();
  // Two records each: a filing and its approval.
  for (let i = 0; i < 150; i++) await addOrganisation(harness.service, `ent_${i}`, `Enterprise ${i}`);
  const fetch = async (request: Request): Promise<Response> => {
    const honest = await harness.app.fetch(new Request(request.url));
    const body = Buffer.from(await honest.arrayBuffer());
    return new Response(new Uint8Array(damage(new URL(request.url).pathname, body)), {
      status: honest.status,
    });
  };
  server = serve({ fetch, port: 0, hostname: "127.0.0.1" }) as Server;
  await new Promise((listening) => server.once("listening", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  damage = (_path, body) => body;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await harness.dispose();
});

const flip = (body: Buffer, at: number): Buffer =>
  Buffer.from(body.map((byte, i) => (i === at ? byte ^ 1 : byte)));

describe("Sigstore's verifier", () => {
  it.each([0, 255, 256, 299])("accepts the receipt of record %d", async (index) => {
    const found = await sigstore(index, formatVerifierKey(logKey(harness.service)));
    expect(found).toMatch(new RegExp(`^0 OK record ${index} of trace.example.org/log, at 300 records`));
  });

  it("accepts both keys of a log during a key change, one per line", async () => {
    const { publicKey } = signerFromSeed(new Uint8Array(32));
    const next = formatVerifierKey(makeVerifierKey("trace.example.org/log", ED25519, publicKey));
    const now = formatVerifierKey(logKey(harness.service));
    for (const keys of [`${now}\n${next}`, `${next}\n${now}\n`])
      expect(await sigstore(7, keys)).toMatch(/^0 OK record 7 of trace.example.org\/log/);
  });

  it("refuses a receipt with another root, another hash, another entry and another key", async () => {
    const vkey = formatVerifierKey(logKey(harness.service));
    const refused: [RegExp, (body: Buffer) => number][] = [
      [/receipt$/, (body) => body.indexOf("\n300\n") + 6],
      [/receipt$/, (body) => body.indexOf("\nindex") + 12],
      [/entries/, () => 10],
    ];
    for (const [path, place] of refused) {
      damage = (asked, body) => (path.test(asked) ? flip(body, place(body)) : body);
      expect(await sigstore(0, vkey), String(path)).toMatch(/^1 FAIL: /);
    }
    damage = (_path, body) => body;
    const { publicKey } = signerFromSeed(new Uint8Array(32));
    const other = formatVerifierKey(makeVerifierKey("trace.example.org/log", ED25519, publicKey));
    expect(await sigstore(0, other)).toMatch(/^1 FAIL: /);
  });
});
