import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeEntry } from "../../../src/core/ledger/entry.ts";
import { leafHash, rootOf } from "../../../src/core/ledger/merkle.ts";
import { parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { openNote } from "../../../src/core/ledger/note.ts";
import { parseVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { formatTilePath } from "../../../src/core/ledger/tile.ts";
import { administrationDraft } from "../../../src/services/ledger/statement.ts";
import { GO, GOPATH } from "../../foreign/go.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { addOrganisation } from "../../world.ts";

const RECORDS = 600;
let harness: Harness;
let olderCheckpoint = "";

/** Records of administration on one chain, to make the log long. */
async function lengthen(count: number): Promise<void> {
  const { service } = harness;
  const size = service.store.ledger.size();
  const caller = await addOrganisation(service, `ent_${size}`, "Somebody");
  const added = service.store.ledger.size() - size;
  const chain = `enterprise:${caller.organisation}`;
  await Promise.all(
    Array.from({ length: count - added }, (_, i) =>
      service.writer.submit((tx) =>
        tx.append(
          administrationDraft(
            {
              kind: "filing",
              caller,
              atMs: tx.nowMs,
              subject: { enterprise: caller.organisation },
              chains: [chain],
              public: { i },
            },
            service.platform,
          ),
        ),
      ),
    ),
  );
}

const get = (path: string, encodings = "identity") =>
  harness.app.request(`/log/${path}`, { headers: { "Accept-Encoding": encodings } });
const bytes = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await get(path)).arrayBuffer());

beforeAll(async () => {
  harness = makeHarness();
  await lengthen(300);
  olderCheckpoint = harness.service.store.ledger.checkpoint()!.note;
  await lengthen(RECORDS - 300);
});
afterAll(() => harness.dispose());

describe("the public log", () => {
  it("has a checkpoint of all records, signed by the key that it publishes", async () => {
    const response = await get("checkpoint");
    const key = parseVerifierKey((await (await get("vkey")).text()).trim());
    const { origin, size } = parseCheckpoint(openNote(await response.text(), [key]).text);
    expect({ origin, size }).toEqual({ origin: "trace.example.org/log", size: RECORDS });
  });

  it("has entries whose hashes are the leaves, and leaves that lead to the signed root", async () => {
    const leaves: Uint8Array[] = [];
    for (const [index, width] of [256, 256, 88].entries()) {
      const tile = await bytes(formatTilePath({ level: 0, index, width }));
      expect(tile.length).toBe(width * 32);
      let bundle = await bytes(formatTilePath({ level: "entries", index, width }));
      for (let i = 0; i < width; i++) {
        const length = (bundle[0]! << 8) | bundle[1]!;
        const entry = bundle.slice(2, 2 + length);
        expect(decodeEntry(entry).chains).not.toEqual([]);
        expect(leafHash(entry)).toEqual(tile.slice(i * 32, i * 32 + 32));
        leaves.push(leafHash(entry));
        bundle = bundle.subarray(2 + length);
      }
      expect(bundle.length).toBe(0);
    }
    const { root } = parseCheckpoint(
      harness.service.store.ledger.checkpoint()!.note.split("\n\n")[0]! + "\n",
    );
    expect(rootOf(leaves)).toEqual(root);
    const upper = await bytes("tile/1/000.p/2");
    expect(upper.slice(0, 32)).toEqual(rootOf(leaves.slice(0, 256)));
    expect(upper.slice(32)).toEqual(rootOf(leaves.slice(256, 512)));
  });

  it("answers every earlier width of a tile with the beginning of the full one", async () => {
    for (const width of [1, 44, 87, 88])
      expect(await bytes(`tile/0/002.p/${width}`)).toHaveLength(width * 32);
    expect(await bytes("tile/0/000.p/255")).toEqual((await bytes("tile/0/000")).slice(0, 255 * 32));
  });

  it("compresses the bytes of entries without changing them", async () => {
    const body = Buffer.from(await (await get("tile/entries/000", "gzip, identity")).arrayBuffer());
    expect(new Uint8Array(gunzipSync(body))).toEqual(await bytes("tile/entries/000"));
  });

  it.each(["tile/0/002", "tile/0/002.p/89", "tile/0/003.p/1", "tile/1/000.p/3", "tile/entries/002.p/89"])(
    "has no tile %s, which lies beyond the last record",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});

describe.runIf(GO !== undefined)("Go's own verifier", () => {
  let server: Server;
  let url = "";
  let verifier = "";
  let folder = "";
  /** Set to the path of a response that is to be changed by one byte. */
  let damaged: string | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "suyuan-go-"));
    verifier = join(folder, "verify");
    execFileSync(GO!, ["build", "-o", verifier, "."], {
      cwd: resolve(import.meta.dirname, "../../foreign/verify"),
      env: { ...process.env, GO111MODULE: "off", GOPATH, GOFLAGS: "", GOCACHE: join(folder, "cache") },
    });
    server = serve({ fetch: damaging, port: 0, hostname: "127.0.0.1" }) as Server;
    await new Promise((listening) => server.once("listening", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
  }, 120_000);
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function damaging(request: Request): Promise<Response> {
    const response = await harness.app.fetch(new Request(request.url));
    if (!request.url.endsWith(damaged ?? "\n")) return response;
    const body = new Uint8Array(await response.arrayBuffer());
    body[Math.floor(body.length / 2)]! ^= 1;
    return new Response(body, { status: response.status });
  }

  async function run(path?: string): Promise<{ status: number | null; out: string }> {
    damaged = path;
    const vkey = (await (await get("vkey")).text()).trim();
    const old = join(folder, "old");
    writeFileSync(old, olderCheckpoint);
    const child = spawn(verifier, [url, vkey, old]);
    let out = "";
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    const status = await new Promise<number | null>((done) => child.once("close", done));
    return { status, out };
  }

  it("verifies every entry, and that the log continues an earlier checkpoint", async () => {
    const { status, out } = await run();
    expect(out).toContain(`OK size=${RECORDS}`);
    expect(out).toContain("OK continues size=300");
    expect(status).toBe(0);
  });

  it.each([
    "tile/0/000",
    "tile/0/002.p/88",
    "tile/1/000.p/2",
    "tile/entries/001",
    "tile/entries/002.p/88",
    "checkpoint",
  ])("fails with one byte of %s changed", async (path) => {
    const { status, out } = await run(path);
    expect(out).toMatch(/^FAIL/m);
    expect(status).toBe(1);
  });
});
