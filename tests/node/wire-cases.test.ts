import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { apiClient, type Served } from "../api-client.ts";
import { scriptWorld, type Variables } from "../scripts/world.ts";
import { servedOnSocket } from "../served-on-node.ts";

/** Raw requests of other projects' bug reports, with what must hold of their answers. */
const CASES = resolve(import.meta.dirname, "../../../shared/cases/http.json");
const KINDS = [
  "host",
  "http-1.0",
  "method",
  "options",
  "head",
  "cors",
  "half-close",
  "aborted",
  "framing",
  "slash",
  "health",
];

interface Case {
  id: string;
  kind: string;
  input: { raw: string[]; how?: string };
  right: {
    status?: number[];
    has_header?: string[];
    no_body?: boolean;
    complete?: boolean;
    problem_where_refused?: boolean;
    stderr_without?: string;
    body?: string[][];
    body_or_redirect?: string[][];
  };
}

let served: Served & { url: string };
let world: Variables;

beforeAll(async () => {
  served = await servedOnSocket();
  world = await scriptWorld(apiClient(served));
});
afterAll(() => served.dispose());

function filled(raw: string): string {
  const { port } = new URL(served.url);
  const values: Record<string, string> = {
    CODE: world["code"] ?? "",
    GTIN14: world["gtin"] ?? "",
    MAKER: world["makerKey"] ?? "",
    PORT: port,
    NEW: String(Math.random()).slice(2),
  };
  const text = raw.replace(/\{([A-Z0-9]+)\}/g, (whole, name: string) => values[name] ?? whole);
  const [head = "", body = ""] = text.split(/(?<=\r\n\r\n)/);
  return head.replace("{LENGTH}", String(Buffer.byteLength(body))) + body;
}

/** Sends the bytes as the case says; resolves with all that is answered until the connection is closed. */
function exchange(raw: string, how: string | undefined): Promise<string> {
  const { port, hostname } = new URL(served.url);
  return new Promise((settle) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => (text += part));
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => settle(text));
    socket.write(raw, "latin1");
    if (how === "end the sending side at once") socket.end();
    if (how === "end after 60 ms") setTimeout(() => socket.end(), 60);
    if (how === "reset after 60 ms") setTimeout(() => socket.resetAndDestroy(), 60);
  });
}

describe.skipIf(!existsSync(CASES))("a raw request", () => {
  const { cases } = (existsSync(CASES) ? JSON.parse(readFileSync(CASES, "utf8")) : { cases: [] }) as {
    cases: Case[];
  };

  it.each(cases.filter(({ kind }) => KINDS.includes(kind)))("$id", async ({ input, right }) => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const raw of input.raw) {
      const text = await exchange(filled(raw), input.how);
      const [head = "", body = ""] = text.split(/\r\n\r\n([\s\S]*)/);
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0);
      if (right.status !== undefined) expect(right.status, text).toContain(status);
      for (const name of right.has_header ?? []) expect(head).toMatch(new RegExp(`^${name}: `, "im"));
      if (right.no_body === true) expect(body).toBe("");
      if (right.problem_where_refused === true && status >= 400) {
        expect(head).toMatch(/^content-type: application\/problem\+json/im);
        expect(body).toMatch(/"instance":"[0-9a-f-]{36}"/);
      }
      if (right.complete === true) expect(body).toMatch(/<\/html>|\r\n0\r\n\r\n$/);
      for (const words of [...(right.body ?? []), ...(right.body_or_redirect ?? [])])
        expect(
          words.some((word) => text.includes(word)),
          text,
        ).toBe(true);
    }
    const lines = printed.mock.calls.map((call) => call.map(String).join(" "));
    printed.mockRestore();
    expect(lines.filter((line) => line.includes("\n    at "))).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(1);
  });
});
