import { createServer, request as send, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { groupCode } from "../../src/code/alphabet.ts";
import { scanDoor } from "../../src/scan-door.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { type Batch, issueBatch } from "./issue.ts";

const FORGED = "45VFV6GS11R19J3B";
let harness: Harness;
let batch: Batch;
let servers: Server[];
/** How many requests the door left to the router. */
let passed = 0;

beforeAll(async () => {
  harness = makeHarness({ SUYUAN_TRUST_PROXY: "true" });
  batch = await issueBatch(harness.service, { count: 60 });
  await batch.set(0, 50, "active");
  await batch.set(50, 55, "sampled");
  const router = getRequestListener(harness.app.fetch);
  const door = scanDoor(harness.service, (incoming, outgoing) => {
    passed += 1;
    void router(incoming, outgoing);
  });
  servers = [createServer(door), createServer((incoming, outgoing) => void router(incoming, outgoing))];
  for (const server of servers)
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
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
    const sent = send({ port, host: "127.0.0.1", path, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const { date: _date, "x-request-id": id, ...rest } = response.headers;
        const told = { ...rest, "x-request-id": id === undefined ? "none" : "one" };
        answered({ status: response.statusCode, headers: told, body: Buffer.concat(parts).toString() });
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
  if (length !== undefined) expect(Number(length)).toBe(Buffer.byteLength(body));
  const constant = body
    .replace(/"instance":"[^"]*"/, "")
    .replace(/"scans":\{.*?\}(?:,"repeated":(?:true|false)\})?/, "");
  // A page says in words how often, and when: its frame is compared.
  const text = /json/.test(headers["content-type"] ?? "")
    ? constant
    : body.replace(/<main[\s\S]*<\/main>/, "");
  return { told: { status, headers: { ...rest, sized: length !== undefined }, text }, count };
}

it("answers as the router does, for every spelling of path, header and method, and counts once", async () => {
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
    [{ accept: "application/json", host: "no host at all" }],
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
        if (second.count > 0) expect(second.count, path).toBe(first.count + 1);
      }
    }
  // Plain requests are most of those of labels' paths, and were not all left to the router.
  expect(direct).toBeGreaterThan(80);
}, 120_000);

it("keeps a request's own id, and takes one with it to the router where storage fails", async () => {
  const { headers } = await ask(servers[0]!, `/v1/scan/${batch.code(5)}`, { "x-request-id": "mine" });
  expect(headers["content-type"]).toContain("json");
  const before = harness.service.scan.figures().total;
  await batch.set(6, 7, "sampled");
  const failing = vi.spyOn(harness.service.store.custody, "states").mockImplementation(() => {
    throw new Error("disk gone");
  });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { status, body } = await ask(servers[0]!, `/v1/scan/${batch.code(6)}`, {});
  failing.mockRestore();
  expect(status).toBe(500);
  expect(body).toContain("/problems/internal");
  expect(harness.service.scan.figures().total).toBe(before);
});
