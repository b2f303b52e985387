import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import { servedOnSocket } from "../served-on-node.ts";
import { type Actor, authority, CREAM, enterprise, EXPORTER } from "./actors.ts";

let h: Harness;
let owner: Actor;
beforeAll(async () => {
  h = makeHarness();
  owner = await enterprise(h, await authority(h));
});
afterAll(() => h.dispose());

interface Sent {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends bytes as they are. A generator is a body of unknown length, and counts what was asked of it. */
async function send(
  path: string,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const init: RequestInit = {
    method: "POST",
    headers: { Authorization: `Bearer ${owner.key}`, "Content-Type": "application/json", ...headers },
    body,
    duplex: "half",
  };
  const response = await h.app.request(path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const wide = (length: number): string => "贝".repeat(length);
const bytes = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));
const goods = (name: string) => ({ ...CREAM, gtin: undefined, names: { en: name } });

/** An endless body in chunks of 16 kB; `taken` counts the chunks that were taken. */
function endless(chunk: Uint8Array): { stream: ReadableStream<Uint8Array>; taken: () => number } {
  let asked = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        asked++;
        controller.enqueue(chunk.slice());
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken: () => asked };
}

describe("a compressed body", () => {
  it.each([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["GZIP", gzipSync],
    ["deflate", deflateSync],
  ])("in %s is decoded", async (coding, compress) => {
    const body = new Uint8Array(compress(bytes(goods(`Cream by ${coding}`))));
    const { status, text } = await send("/v1/products", body, { "Content-Encoding": coding });
    expect(`${status} ${text}`).toMatch(/^201 .*Cream by/);
  });

  it("with `identity` is taken as it is", async () => {
    expect(
      (await send("/v1/products", bytes(goods("Plain")), { "Content-Encoding": "identity" })).status,
    ).toBe(201);
  });

  it.each(["br", "zstd", "gzip, gzip", "constructor"])(
    "in %s is 415, with the codings that are taken",
    async (coding) => {
      const { status, headers, text } = await send("/v1/products", bytes(goods("x")), {
        "Content-Encoding": coding,
      });
      expect([status, headers.get("Accept-Encoding")]).toEqual([415, "gzip, deflate"]);
      expect(text).toContain(`Content-Encoding ${coding} is not taken; send gzip, deflate, or no coding`);
    },
  );

  it("that is not what its coding says is 400", async () => {
    const whole = new Uint8Array(gzipSync(bytes(goods("x"))));
    for (const body of [bytes(goods("x")), whole.slice(0, -10)]) {
      const { status, text } = await send("/v1/products", body, { "Content-Encoding": "gzip" });
      expect(`${status} ${text}`).toMatch(/^400 .*is not gzip, as Content-Encoding says/);
    }
  });

  it("is counted while it is decoded: 50 MB of blanks in 50 kB are 413", async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50 * 1024 * 1024, " ")));
    expect(bomb.length).toBeLessThan(60_000);
    expect((await send("/v1/enterprises", bomb, { "Content-Encoding": "gzip" })).status).toBe(413);
  });

  it("without an end is read to the limit, even where nothing comes out of it", async () => {
    // A stored block of no bytes (RFC 1951, 3.2.4), after the header of gzip.
    const header = gzipSync("").subarray(0, 10);
    const empty = Buffer.concat(Array<Buffer>(3000).fill(Buffer.of(0, 0, 0, 0xff, 0xff)));
    const { stream, taken } = endless(new Uint8Array(empty));
    const started = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new Uint8Array(header));
        const reader = stream.getReader();
        for (let i = 0; i < 100; i++) controller.enqueue((await reader.read()).value as Uint8Array);
        controller.close();
      },
    });
    expect((await send("/v1/enterprises", started, { "Content-Encoding": "gzip" })).status).toBe(413);
    expect(taken()).toBeLessThanOrEqual(101);
  });
});

describe("a body of unknown length", () => {
  it("is read to the limit of its call and no further", async () => {
    const { stream, taken } = endless(new Uint8Array(16 * 1024).fill(0x20));
    const { status, text } = await send("/v1/enterprises", stream);
    expect(`${status} ${text}`).toMatch(/^413 .*at most 65536 bytes/);
    // 64 kB are four chunks; a few more wait in the streams between.
    expect(taken()).toBeLessThan(12);
  });

  it("that fits is read", async () => {
    const body = new Blob([bytes(goods("In one chunk"))]).stream();
    expect((await send("/v1/products", body)).status).toBe(201);
  });
});

describe("the limit of a call", () => {
  it.each([
    ["/v1/enterprises", 64],
    ["/v1/products", 256],
    ["/v1/batches", 512],
    ["/v1/recalls", 1024],
    ["/v1/events", 2048],
    ["/v1/batches/bat_x/close", 64],
    ["/v1/keys", 64],
  ])("%s is %i kB, refused unread where it is announced", async (path, kilobytes) => {
    const key = path === "/v1/enterprises" ? {} : { Authorization: `Bearer ${owner.key}` };
    const headers = {
      ...key,
      "Content-Type": "application/json",
      "Content-Length": `${kilobytes * 1024 + 1}`,
    };
    const refused = await h.app.request(path, { method: "POST", headers, body: "{}" });
    expect(`${refused.status} ${await refused.text()}`).toMatch(`may have at most ${kilobytes * 1024} bytes`);
    const blanks = `{}${" ".repeat(kilobytes * 1024 - 2)}`;
    const taken = await h.app.request(path, {
      method: "POST",
      headers: { ...headers, "Content-Length": `${blanks.length}` },
      body: blanks,
    });
    expect([400, 404]).toContain(taken.status);
  });

  it("is in the OpenAPI document", async () => {
    const { paths } = (await (await h.app.request("/openapi.json")).json()) as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    const limits = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { requestBody }]) => requestBody !== undefined)
        .map(([method, operation]) => [`${method} ${path}`, operation["x-suyuan-max-body-bytes"]]),
    );
    expect(Object.fromEntries(limits)).toMatchObject({
      "post /enterprises": 65_536,
      "post /events": 2_097_152,
      "post /files": 5_242_880,
    });
    expect(limits.filter(([, limit]) => typeof limit !== "number")).toEqual([]);
  });

  it("leaves room for the largest filing in Chinese", async () => {
    const contacts = Array.from({ length: 10 }, () => ({ name: wide(100), phone: wide(40) }));
    const body = {
      ...EXPORTER,
      identity: { scheme: "national", value: "LARGE 1" },
      names: { zh: wide(200), en: wide(200) },
      address: wide(500),
      contacts,
    };
    expect((await h.call("POST", "/v1/enterprises", { body })).status).toBe(201);
    const attributes = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`${i}${wide(57)}`, wide(500)]),
    );
    expect(
      (await h.call("POST", "/v1/products", { key: owner.key, body: { ...goods("x"), attributes } })).status,
    ).toBe(201);
  });
});

const filing = (n: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(gzipSync(bytes({ ...EXPORTER, identity: { scheme: "national", value: `GZIP ${n}` } })));

describe("over a socket", () => {
  it("compressed bodies are decoded, with a length and in chunks, and bombs are refused", async () => {
    const served = await servedOnSocket();
    const post = async (body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Promise<number> => {
      const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
      const init: RequestInit = { method: "POST", headers, body, duplex: "half" };
      const response = await fetch(`${served.url}/v1/enterprises`, init);
      await response.arrayBuffer();
      return response.status;
    };
    try {
      expect(await post(filing(1))).toBe(201);
      expect(await post(new Blob([filing(2)]).stream())).toBe(201);
      expect(await post(new Uint8Array(gzipSync(Buffer.alloc(20 * 1024 * 1024, " "))))).toBe(413);
      expect(await post(filing(3))).toBe(201);
    } finally {
      await served.dispose();
    }
  });
});
