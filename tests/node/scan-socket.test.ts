import { createServer, request as send, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { groupCode } from "../../src/core/code/alphabet.ts";
import { clientsOf } from "../../src/http/client-address.ts";
import { attachScanSocket, type ScanSocket } from "../../src/node/scan-socket.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { type Batch, issueBatch } from "../scan/issue.ts";

const FORGED = "45VFV6GS11R19J3B";
let harness: Harness;
let batch: Batch;
let servers: Server[];
let scanDoor: ScanSocket;
/** How many requests the door left to the HTTP server. */
let passed = 0;

beforeAll(async () => {
  harness = makeHarness({ SUYUAN_TRUST_PROXY: "true" });
  batch = await issueBatch(harness.service, { count: 60 });
  await batch.set(0, 50, "active");
  await batch.set(50, 55, "sampled");
  const router = getRequestListener(harness.app.fetch, { hostname: "127.0.0.1" });
  const behind = createServer((incoming, outgoing) => {
    passed += 1;
    void router(incoming, outgoing);
  });
  scanDoor = attachScanSocket(
    behind,
    harness.service,
    clientsOf(harness.service, () => undefined),
    { mayTake: () => false, take: () => undefined },
  );
  servers = [behind, createServer((incoming, outgoing) => void router(incoming, outgoing))];
  for (const server of servers)
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  scanDoor.cut();
  for (const server of servers) await new Promise((closed) => server.close(closed));
  await harness.dispose();
});

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(server: Server, path: string, headers: Record<string, string>, method = "GET"): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((answered, failed) => {
    // Left alone, the client would ask for the connection to be closed.
    const all = { ...headers, connection: "keep-alive" };
    const sent = send({ port, host: "127.0.0.1", path, headers: all, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const { date: _date, "x-request-id": id, ...rest } = response.headers;
        const told = { ...rest, "x-request-id": id === undefined ? "none" : "one" };
        answered({ status: response.statusCode, headers: told, body: Buffer.concat(parts).toString() });
        sent.destroy();
      });
    });
    sent.on("error", failed);
    sent.end();
  });
}

/** An answer without how often the code was scanned, which a scan changes; and that. */
function withoutCount({ status, headers, body }: Answer): { told: unknown; count: number } {
  const count = Number(/"count":(\d+)/.exec(body)?.[1] ?? 0);
  const { "content-length": length, ...rest } = headers;
  // HEAD has the length of the answer to GET.
  if (length !== undefined && body !== "") expect(Number(length)).toBe(Buffer.byteLength(body));
  const unchanging = body
    .replace(/"instance":"[^"]*"/, "")
    .replace(/"scans":\{.*?\}(?:,"repeated":(?:true|false)\})?/, "");
  // A page says in words how often, and when: its frame is compared.
  const text = /json/.test(headers["content-type"] ?? "")
    ? unchanging
    : body.replace(/<main[\s\S]*<\/main>/, "");
  return { told: { status, headers: { ...rest, sized: length !== undefined }, text }, count };
}

it("the scan door answers as the HTTP server does, for every path, header and method, and counts once", async () => {
  const [door, plain] = servers as [Server, Server];
  const { code } = batch;
  const paths = [
    `/v1/scan/${code(0)}`,
    `/v1/scan/${groupCode(code(1))}`,
    `/v1/scan/${code(2).toLowerCase()}`,
    `/v1/scan/${code(2)}?gtin=9520001000010`,
    `/v1/scan/${code(2)}?gtin=1`,
    `/v1/scan/${code(2)}/`,
    `/v1/SCAN/${code(2)}`,
    `/v1//scan/${code(2)}`,
    `/v1/scan/`,
    `/v1/scan/%34%35`,
    `/v1/scan/${FORGED}`,
    `/v1/scan/${FORGED.slice(0, 15)}C`,
    `/v1/scan/SHORT`,
    `/v1/scan/U${FORGED.slice(1)}`,
    `/v1/scan/${"0".repeat(5000)}`,
    `/v1/scan/-`,
    `/T/${code(3)}`,
    `/t/${code(3).toLowerCase()}`,
    `/T/${groupCode(code(3))}`,
    `/T/${code(3)}/`,
    `/T/${code(3)}?lang=en`,
    `/T/${code(3)}?again=1`,
    `/T/${code(3)}#fragment`,
    `/T/${code(52)}`,
    `/T/${code(58)}`,
    `/T/${FORGED}`,
    `/T/%54`,
    `/T/${encodeURIComponent("四")}`,
    `/T/`,
    `/T`,
    `/01/09520001000010/21/${code(4)}`,
    `/01/09520001000010/21/${code(4).toLowerCase()}`,
    `/01/09520001000010/21/${code(4)}/`,
    `/01/09520001000010/21/${code(4)}?11=260101`,
    `/01/9520001000010/21/${code(4)}`,
    `/01/00000000000000/21/${code(4)}`,
    `/01/09520001000010/10/${code(4)}`,
    `/01/09520001000010/21/`,
    `/01/0952000100001X/21/${code(4)}`,
    `/01/09520001000010/21/${FORGED}`,
    `/`,
    `/nothing/here`,
  ];
  const variants: [Record<string, string>, string?][] = [
    [{ accept: "application/json" }],
    [{ accept: "application/json", "x-suyuan-region": "CN-GD" }],
    [{ accept: "application/json", "cf-ipcountry": "NZ" }],
    [{ accept: "application/json", "x-suyuan-region": "nowhere" }],
    [{ accept: "application/json", "x-suyuan-region": "US", "cf-ipcountry": "NZ" }],
    [{ accept: "application/json", "x-forwarded-for": "198.51.100.7:4711, 203.0.113.9" }],
    [{ accept: "application/json", "user-agent": "WhatsApp/2.23" }],
    [{ accept: "application/json", cookie: "seen=1.aaaaaaaaaaaaaaaa" }],
    [{ accept: "Application/JSON" }],
    [{ accept: "application/json, text/html;q=0.5" }],
    [{ accept: "application/json;q=0" }],
    [{ accept: "text/html" }],
    [{ accept: "*/*" }],
    [{}],
    [{ accept: "application/json", "sec-purpose": "prefetch" }],
    [{ accept: "application/json", purpose: "preview" }],
    [{ accept: "application/json", authorization: "Bearer nonsense" }],
    [{ accept: "application/json", authorization: `Bearer ${harness.operatorKey}` }],
    [{ accept: "application/json", host: "trace.example.org" }],
    [{ accept: "application/json" }, "HEAD"],
    [{ accept: "application/json" }, "OPTIONS"],
    [{ accept: "application/json" }, "DELETE"],
  ];
  let direct = 0;
  for (const path of paths)
    for (const [headers, method = "GET"] of variants) {
      const before = passed;
      const first = withoutCount(await ask(door, path, headers, method));
      const second = withoutCount(await ask(plain, path, headers, method));
      expect(first.told, `${method} ${path} ${JSON.stringify(headers)}`).toEqual(second.told);
      if (passed === before) {
        direct += 1;
        const people = headers["user-agent"] === undefined ? 1 : 0;
        if (second.count > 0) expect(second.count, path).toBe(first.count + people);
      }
    }
  // Plain requests are most of those of labels' paths, and were not all left to the router.
  expect(direct).toBeGreaterThan(80);
}, 120_000);

it("the scan door keeps a request's own id, and passes a request to the router if storage fails", async () => {
  const { headers } = await ask(servers[0]!, `/v1/scan/${batch.code(5)}`, { "x-request-id": "mine" });
  expect(headers["content-type"]).toContain("json");
  const before = harness.service.scan.figures().total;
  await batch.set(6, 7, "sampled");
  const failing = vi.spyOn(harness.service.store.custody.states, "states").mockImplementation(() => {
    throw new Error("disk gone");
  });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { status, body } = await ask(servers[0]!, `/v1/scan/${batch.code(6)}`, {});
  failing.mockRestore();
  expect(status).toBe(500);
  expect(body).toContain("/problems/internal");
  expect(harness.service.scan.figures().total).toBe(before);
});

/**
 * Sends pieces one by one, each after the server has read the one before.
 * @returns the answers, when the server has closed the connection
 */
async function exchange(server: Server, pieces: string[]): Promise<string> {
  const taken = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const { socket, answered } = connectTo(server);
  const peer = await taken;
  let sentBytes = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, "latin1");
    sentBytes += bytes.length;
    socket.write(bytes);
    await expect.poll(() => peer.destroyed || peer.bytesRead >= sentBytes).toBe(true);
  }
  socket.end();
  return answered;
}

/** A connection, and all that is received on it once it is closed. */
function connectTo(server: Server): { socket: Socket; answered: Promise<string> } {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  const answered = new Promise<string>((closed, failed) =>
    socket.on("error", failed).on("close", () => closed(text)),
  );
  return { socket, answered };
}

/** Sends pieces one by one, each in a turn of the event loop; resolves with the answers. */
async function trickle(server: Server, pieces: string[]): Promise<string> {
  const { socket, answered } = connectTo(server);
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    await new Promise((turn) => setImmediate(turn));
  }
  socket.end();
  return answered;
}

/** The answers on a connection, one after the other, by their Content-Length. */
function answersOn(socket: Socket): { next(): Promise<string> } {
  let text = "";
  let heard: (() => void) | undefined;
  socket.on("data", (part: string) => {
    text += part;
    heard?.();
  });
  const take = (): string | undefined => {
    const [head] = /^[\s\S]*?\r\n\r\n/.exec(text) ?? [];
    if (head === undefined) return undefined;
    const bytes = Buffer.from(text);
    const end = head.length + Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (bytes.length < end) return undefined;
    text = bytes.subarray(end).toString();
    return bytes.subarray(0, end).toString();
  };
  return {
    async next() {
      for (;;) {
        const answer = take();
        if (answer !== undefined) return answer;
        await new Promise<void>((resolve) => (heard = resolve));
      }
    },
  };
}

/** Without the parts that differ in each answer, and without the order of headers. */
function constant(text: string): string {
  return text
    .replace(/^Date: .*$/gm, "Date: now")
    .replace(/^x-request-id: .*$/gm, "x-request-id: some")
    .replace(/"instance":"[^"]*"/g, '"instance":"some"')
    .replace(/"count":\d+/g, '"count":n')
    .replace(/"repeated":(?:true|false)/g, '"repeated":r')
    .replace(/"first":\{[^}]*\}/g, '"first":{}')
    .replace(/^Content-Length: .*$/gim, "Content-Length: n")
    .replace(/(?<=HTTP\/1\.1 \d.*\r\n)(?:.+\r\n)+/gm, (lines) =>
      lines.toLowerCase().split("\r\n").sort().join("\n"),
    );
}

const scanOf = (position: number): string => `/v1/scan/${batch.code(position)}`;
const get = (target: string, lines = "Host: h\r\n"): string => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const http10 = (target: string, lines = ""): string => `GET ${target} HTTP/1.0\r\n${lines}\r\n`;
const chunked = (chunks: string): string =>
  `POST /v1/enterprises HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
const post = (body: string): string =>
  `POST /v1/enterprises HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe("a connection through the door", () => {
  it.each<[string, () => string[], boolean]>([
    ["carries scan after scan", () => [get(scanOf(10)), get(scanOf(11)), get(scanOf(10))], true],
    [
      "carries a page after a scan, and scans after it",
      () => [get(scanOf(10)), get("/"), get(scanOf(11))],
      false,
    ],
    ["takes a body after scans", () => [get(scanOf(10)), post("{}"), get(scanOf(12))], false],
    ["takes a body in pieces", () => [get(scanOf(10)), post("{}").slice(0, -1), "}"], false],
    ["takes a large body", () => [post(JSON.stringify({ names: { en: "x".repeat(300_000) } }))], false],
    ["takes requests sent together", () => [get(scanOf(10)) + get(scanOf(11)) + get("/nothing")], false],
    ["takes a request in pieces", () => ["GET ", scanOf(10), " HTTP/1.1\r\nHost", ": h\r\n", "\r\n"], true],
    ["ignores empty lines before a request", () => [`\r\n\r\n${get(scanOf(10))}`], true],
    ["is closed when asked to be", () => [get(scanOf(10), "Host: h\r\nConnection: close\r\n")], false],
    ["takes HTTP/1.0", () => [`GET ${scanOf(10)} HTTP/1.0\r\n\r\n`], false],
    [
      "takes an upgrade that is none",
      () => [get(scanOf(10), "Host: h\r\nUpgrade: h2c\r\nConnection: upgrade\r\n")],
      false,
    ],
    [
      "keeps what a header says apart from its spaces",
      () => [get(scanOf(10), "hOST: \t h \t\r\nx:\r\n")],
      true,
    ],
    ["is not misled by other alphabets", () => [get(scanOf(10), "Host: h\r\nA: \xe9\r\n")], false],
    [
      "is not misled by a body of a GET",
      () => [`${get(scanOf(10), "Host: h\r\nContent-Length: 3\r\n")}abc`],
      false,
    ],
    [
      "is not misled by chunks",
      () => [`${get(scanOf(10), "Host: h\r\nTransfer-Encoding: chunked\r\n")}0\r\n\r\n`],
      false,
    ],
    ["takes an address in full", () => [get(`http://h${scanOf(10)}`)], false],
  ])("%s, as without it", async (_name, pieces, direct) => {
    const before = passed;
    const through = constant(await exchange(servers[0]!, pieces()));
    expect(passed === before && through.startsWith("HTTP/1.1 200")).toBe(direct);
    expect(through).toBe(constant(await exchange(servers[1]!, pieces())));
  });

  it.each<[string, () => string, number]>([
    ["two hosts", () => get(scanOf(10), "Host: h\r\nHost: i\r\n"), 400],
    ["no host", () => get(scanOf(10), "Accept: */*\r\n"), 400],
    ["an empty host", () => get(scanOf(10), "Host:\r\n"), 400],
    ["a host that is none", () => get("/v1/log", "Host: no host at all\r\n"), 400],
    ["a host that parsers take for a number", () => get("/v1/log", "Host: 0x7f.1\r\n"), 400],
    ["a port that is none", () => get(scanOf(10), "Host: h:65536\r\n"), 400],
    ["a folded line", () => get(scanOf(10), "Host: h\r\nA: b\r\n c\r\n"), 400],
    ["a space before the colon", () => get(scanOf(10), "Host: h\r\nContent-Length : 5\r\n"), 400],
    ["bare line feeds", () => get(scanOf(10), "Host: h\nContent-Length: 5\n"), 400],
    ["bare carriage returns", () => get(scanOf(10), "Host: h\r\nA: b\rContent-Length: 5\r\n"), 400],
    ["control characters", () => get(scanOf(10), "Host: h\r\nA: \0\r\n"), 400],
    ["two spaces", () => `GET  ${scanOf(10)} HTTP/1.1\r\nHost: h\r\n\r\n`, 400],
    ["another version", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["TLS", () => "\x16\x03\x01\x02\0\x01\0\x01", 400],
    ["half a request", () => "GET / HTTP/1.1\r\nHost: h\r\n", 400],
    ["half a body", () => post("{}").slice(0, -1), 400],
    ["headers without end", () => get(scanOf(10), `Host: h\r\nA: ${"a".repeat(20_000)}\r\n`), 431],
    ["two lengths", () => post("{}").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n"), 400],
    ["a signed length", () => post("{}").replace(": 2", ": +2"), 400],
    [
      "a length and chunks",
      () => post("{}").replace("Content-L", "Transfer-Encoding: chunked\r\nContent-L"),
      400,
    ],
    ["chunks of HTTP/1.0", () => chunked("2\r\n{}\r\n0\r\n\r\n").replace("1.1", "1.0"), 400],
    ["a coding that is not chunked", () => chunked("").replace(": chunked", ": gzip, chunked"), 400],
    ["chunks without a size", () => chunked("x\r\n"), 400],
    ["a chunk that is too long", () => chunked("1\r\n{}\r\n0\r\n\r\n"), 400],
    ["chunk lines with bare line feeds", () => chunked("2\n{}\r\n0\r\n\r\n"), 400],
  ])("refuses %s with a problem document, and closes", async (_name, piece, status) => {
    const text = await exchange(servers[0]!, [piece()]);
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/^content-type: application\/problem\+json/im);
    expect(head).toMatch(/^Connection: close$/m);
    const { instance, detail } = JSON.parse(body) as { instance: string; detail: string };
    expect(head).toContain(`x-request-id: ${instance}`);
    expect(detail.length).toBeGreaterThan(20);
    // A second answer would be one to bytes that the client did not send as a request.
    expect(text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
  });

  it.each(["get", "FOO", "CONNECT", "SEARCH", "PROPFIND", "TRACE"])(
    "answers the method %s with the methods of the address",
    async (method) => {
      const text = await exchange(servers[0]!, [get("/v1/log").replace("GET", method)]);
      expect(text).toMatch(/^HTTP\/1\.1 405 [\s\S]*\r\nallow: GET, HEAD, OPTIONS\r\n/i);
    },
  );

  it("carries scans on the socket again after other requests", async () => {
    const { socket, answered } = connectTo(servers[0]!);
    const answers = answersOn(socket);
    for (const [target, direct] of [
      [scanOf(10), true],
      ["/v1/log", false],
      [scanOf(11), true],
      ["/nothing", false],
      [scanOf(10), true],
    ] as const) {
      const before = passed;
      socket.write(get(target));
      await answers.next();
      expect(passed - before, target).toBe(direct ? 0 : 1);
    }
    socket.write(post("{}"));
    await answers.next();
    socket.write(chunked("1\r\n{\r\n1;a=b\r\n}\r\n0\r\nTrailer: x\r\n\r\n"));
    await answers.next();
    const before = passed;
    socket.write(get(scanOf(12)));
    await answers.next();
    expect(passed).toBe(before);
    socket.end();
    await answered;
  });

  it("reads requests alike however their bytes are cut", async () => {
    const all = [
      get(scanOf(10)),
      post('{"names":1}'),
      get("/v1/log"),
      chunked('3\r\n{"a\r\n3\r\n":1\r\n1\r\n}\r\n0\r\n\r\n'),
      `HEAD ${scanOf(11)} HTTP/1.1\r\nHost: h\r\n\r\n`,
      get("/nothing"),
    ].join("");
    const expected = constant(await exchange(servers[1]!, [all]));
    // A fixed sequence of cuts: a generator seeded with 1.
    let seed = 1;
    const random = (most: number): number => (seed = (seed * 48_271) % 2_147_483_647) % most;
    for (let round = 0; round < 20; round++) {
      const pieces: string[] = [];
      for (let at = 0; at < all.length;) {
        const length = 1 + random(round % 2 === 0 ? 40 : 300);
        pieces.push(all.slice(at, at + length));
        at += length;
      }
      expect(constant(await trickle(servers[0]!, pieces)), `round ${round}`).toBe(expected);
    }
  }, 120_000);

  it.each(["/nothing", "/v1/log", "/docs"])(
    "has one unanswered request, whatever a client sends at once: %s",
    async (target) => {
      const { socket } = connectTo(servers[0]!);
      // A client that never reads.
      socket.pause();
      const before = passed;
      const sent = 20_000;
      socket.write(get(target).repeat(sent));
      let last = -1;
      const settled = (): boolean => {
        const still = passed === last;
        last = passed;
        return still;
      };
      await expect.poll(settled, { interval: 300, timeout: 60_000 }).toBe(true);
      // The answers fill the system's buffers, and then no further request starts.
      const started = passed - before;
      expect(started).toBeGreaterThan(0);
      expect(started).toBeLessThan(sent);
      const others = passed;
      expect((await ask(servers[0]!, "/v1/log", {})).status).toBe(200);
      expect(passed - others).toBe(1);
      socket.destroy();
      await expect.poll(() => scanDoor.open).toBe(0);
      const afterwards = passed;
      await ask(servers[0]!, "/v1/log", {});
      expect(passed - afterwards).toBe(1);
    },
    120_000,
  );

  it("answers a client that ended its side after several requests", async () => {
    const { socket, answered } = connectTo(servers[0]!);
    socket.end(get("/v1/log") + get(scanOf(10)) + post("{}") + get("/docs"));
    const statuses = (await answered).match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual([200, 200, 400, 200].map((status) => `HTTP/1.1 ${status}`));
  });

  it("keeps a connection of HTTP/1.0 open only where asked, and sends it no chunks", async () => {
    const { socket, answered } = connectTo(servers[0]!);
    socket.write(http10("/v1/log"));
    expect(await answered).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n/);
    const kept = connectTo(servers[0]!);
    const answers = answersOn(kept.socket);
    kept.socket.write(http10("/v1/log", "Connection: keep-alive\r\n"));
    expect(await answers.next()).toMatch(/\r\nConnection: keep-alive\r\n/i);
    kept.socket.write(http10("/docs"));
    const text = await kept.answered;
    expect(text).toMatch(/<\/html>\s*$/);
    expect(text).not.toMatch(/transfer-encoding/i);
  });

  it("answers in the order of the requests, where others follow in the same turn", async () => {
    const [server] = servers as [Server];
    const taken = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const { socket, answered } = connectTo(server);
    const peer = await taken;
    for (const target of [scanOf(14), scanOf(15), "/nothing"]) peer.emit("data", Buffer.from(get(target)));
    socket.end();
    const told = (await answered).match(/HTTP\/1\.1 \d+|"code":"[^"]+"/g);
    const codes = [14, 15].map((position) => `"code":"${groupCode(batch.code(position))}"`);
    expect(told).toEqual(["HTTP/1.1 200", codes[0], "HTTP/1.1 200", codes[1], "HTTP/1.1 404"]);
  });

  it("is closed while idle when the door closes, after its answers were sent", async () => {
    const { socket, answered } = connectTo(servers[0]!);
    socket.write(get(scanOf(13)));
    await new Promise((answer) => socket.once("data", answer));
    scanDoor.close();
    expect(await answered).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*"verdict":"genuine"/);
  });
});
