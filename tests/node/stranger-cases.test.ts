import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configFrom } from "../../src/node/config.ts";
import { type Running, startService } from "../../src/node/serve.ts";
import { type Batch, issueBatch } from "../scan/issue.ts";

/** Raw requests of strangers, and what must hold of the answers: cases that others wrote. */
interface Case {
  id: string;
  kind: string;
  input: { raw: string[]; settings?: Record<string, string> };
  right: { scans_at_least?: number; last_verdict_not?: string[]; limited?: boolean };
}

const FILE = resolve(import.meta.dirname, "../../../shared/cases/http.json");
const KINDS = ["stranger-chooses", "client-address"];
const cases: Case[] = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, "utf8")).cases as Case[]).filter(({ kind }) => KINDS.includes(kind))
  : [];
if (cases.length === 0) console.log(`skipped: cases of strangers' requests (${FILE} is missing)`);

let folder: string;
let running: Running;
afterEach(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});

async function begin(settings: Record<string, string> = {}): Promise<Batch> {
  folder = mkdtempSync(join(tmpdir(), "suyuan-cases-"));
  running = await startService(configFrom({ SUYUAN_DATA: folder, SUYUAN_PORT: "0", ...settings }));
  const batch = await issueBatch(running.opened.service, { withPin: true });
  await batch.set(0, 100, "active");
  return batch;
}

/** Sends one text on a connection of its own; resolves with the answer once the server closes it. */
function exchange(text: string): Promise<string> {
  return new Promise((answered, failed) => {
    const socket = connect({ port: Number(new URL(running.url).port), host: "127.0.0.1" });
    let answer = "";
    socket.setEncoding("utf8").on("data", (part: string) => (answer += part));
    socket.on("error", failed).on("close", () => answered(answer));
    socket.write(text);
  });
}

function filled(raw: string, batch: Batch): string {
  const [, body = ""] = raw.split("\r\n\r\n");
  return raw
    .replaceAll("{CODE}", batch.code(3))
    .replaceAll("{GTIN14}", "09520001000010")
    .replaceAll("{PORT}", new URL(running.url).port)
    .replaceAll("{LENGTH}", String(Buffer.byteLength(body)));
}

describe.skipIf(cases.length === 0)("a stranger's requests", () => {
  it.each(cases)("$id", async ({ input, right }) => {
    const stderr = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const batch = await begin(input.settings);
    const answers: string[] = [];
    for (const raw of input.raw) answers.push(await exchange(filled(raw, batch)));
    const statuses = answers.map((answer) => Number(answer.split(" ")[1]));
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    if (right.limited === true) expect(statuses).toContain(429);
    const last = /"verdict":"([a-z_]+)"/.exec(answers.at(-1) ?? "")?.[1];
    for (const verdict of right.last_verdict_not ?? []) expect(last).not.toBe(verdict);
    const { total } = running.opened.service.scan.figures();
    expect(total).toBeGreaterThanOrEqual(right.scans_at_least ?? 0);
    const forwarded = input.raw.some((raw) => /^X-Forwarded-For:/im.test(raw));
    if (forwarded && input.settings?.["SUYUAN_TRUST_PROXY"] === undefined)
      expect(stderr.mock.calls.flat()).toEqual([expect.stringContaining("is not a trusted proxy")]);
  });
});
