import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { at, openTrade, type Trade } from "./trade.ts";
import { CREAM, DATES, EXPORTER, expectStatus, FORMULA, orderOf, product, readyBatch } from "./actors.ts";

/** Small inputs that failed, kept beside the repository. Where they are missing this file is skipped. */
const CASES = join(import.meta.dirname, "../../../shared/cases");
const hasCases = existsSync(CASES);
if (!hasCases) console.log("skipped: hostile inputs (no ../shared/cases beside the repository)");

interface Case {
  id: string;
  kind: string;
  door: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind has a form of its own
  input: any;
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind has a form of its own
  right: any;
}

function casesOf(file: string, ...kinds: string[]): [string, Case][] {
  if (!hasCases) return [];
  const { cases } = JSON.parse(readFileSync(join(CASES, file), "utf8")) as { cases: Case[] };
  return cases.filter(({ kind }) => kinds.includes(kind)).map((one) => [one.id, one]);
}

let t: Trade;
let goods: string;
let batch: string;
let code: string;
let filings = 0;

/** A sound body of each call that the cases send. */
function bodyOf(route: string): Record<string, unknown> {
  if (route === "POST /v1/enterprises")
    return { ...EXPORTER, identity: { scheme: "national", value: `HOSTILE ${++filings}` } };
  if (route === "POST /v1/products") return { ...CREAM, gtin: undefined };
  if (route === "POST /v1/batches") return orderOf(goods);
  return { events: [{ kind: "storing", at: at(1), subjects: [{ batch }] }] };
}

/** Sets the value at a dotted path; makes what is missing on the way. */
function put(body: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split(".");
  const last = steps.pop() as string;
  let here = body;
  for (const step of steps) here = (here[step] ??= {}) as Record<string, unknown>;
  here[last] = value;
}

beforeAll(async () => {
  t = await openTrade();
  goods = t.cream;
  const made = await readyBatch(t.h, t.maker, t.officer, orderOf(goods, { quantity: 20, withPin: true }));
  batch = made.id;
  const csv = await t.h.call("GET", `/v1/batches/${batch}/codes`, { key: t.maker.key });
  code = (csv.text.split("\r\n")[1] as string).split(",")[1] as string;
}, 30_000);
afterAll(() => t.h.dispose());

const keyOf = (as: string): string | undefined =>
  as === "maker" ? t.maker.key : as === "operator" ? t.h.operatorKey : undefined;

async function send(route: string, as: string, body: string, contentType = "application/json") {
  const [method = "", path = ""] = route.replace("{CODE}", code).split(" ");
  const key = keyOf(as);
  return t.h.call(method, path, {
    ...(key === undefined ? {} : { key }),
    body,
    headers: { "Content-Type": contentType },
  });
}

/** The text of the body that a case of limits.json describes. */
function hostile({ input }: Case): string {
  const { route, field, text, nest, members, padding, times, raw_field: rawField, raw, value } = input;
  const body = bodyOf(route);
  if (members !== undefined)
    put(
      body,
      members.at,
      Object.fromEntries(Array.from({ length: members.times }, (_, i) => [`a${i}`, "x"])),
    );
  if (text !== undefined) put(body, field, text.repeat.repeat(text.times));
  if (value !== undefined) put(body, field, value);
  if (rawField !== undefined) put(body, rawField, "RAW");
  if (nest !== undefined) put(body, field, "RAW");
  // An escape of half a character is sent as it is written.
  const written = JSON.stringify(body).replaceAll("\\\\u", "\\u");
  if (nest !== undefined)
    return written.replace('"RAW"', nest.of.repeat(nest.times) + "]".repeat(nest.times));
  if (raw !== undefined) return written.replace('"RAW"', raw.repeat.repeat(raw.times));
  return padding === undefined ? written : written + padding.repeat(times);
}

describe.runIf(hasCases)("text that costs or deceives", () => {
  it.each(casesOf("limits.json", "normalising", "deep-or-wide", "too-large"))(
    "%s is refused",
    async (_, one) => {
      const { input, right } = one;
      if (input.path !== undefined) {
        const [method = "", path = ""] = input.route.split(" ");
        const answer = await t.h.app.request(path + input.path.repeat.repeat(input.path.times), { method });
        expect(right.status).toContain(answer.status);
        return;
      }
      if (input.form !== undefined) {
        const form = new URLSearchParams({
          [input.form]: input.text.repeat.repeat(input.text.times),
        }).toString();
        const answer = await send(input.route, input.as, form, "application/x-www-form-urlencoded");
        expect(right.status).toContain(answer.status);
        return;
      }
      const { status, text } = await send(input.route, input.as, hostile(one));
      expect(right.status, text.slice(0, 300)).toContain(status);
      expect(text.length).toBeLessThan(64 * 1024);
    },
  );

  it.each(casesOf("limits.json", "many-wrong"))("%s is refused by its first problems", async (_, one) => {
    const { input, right } = one;
    const body = bodyOf(input.route);
    const { at: path, of, times } = input.array;
    const items = Array<unknown>(times).fill(of);
    if (path !== "events.0.subjects") put(body, path, items);
    else
      put(
        body,
        "events",
        Array.from({ length: input.times }, () => ({ kind: "storing", at: at(1), subjects: items })),
      );
    const { status, text, json } = await send(input.route, input.as, JSON.stringify(body));
    expect(right.status, text.slice(0, 300)).toContain(status);
    expect(json.errors?.length ?? 0).toBeLessThanOrEqual(right.problems_at_most);
    expect(text.length).toBeLessThan(right.answer_kb_at_most * 1024);
  });

  it.each(casesOf("limits.json", "text-that-deceives", "text-that-is-fine"))(
    "%s is answered right",
    async (_, one) => {
      const { status, text } = await send(one.input.route, one.input.as, hostile(one));
      expect(one.right.status, text.slice(0, 300)).toContain(status);
    },
  );
});

describe.runIf(hasCases)("JSON that two readers would read differently", () => {
  it.each(casesOf("http.json", "minus-zero", "duplicate-member", "content-encoding"))(
    "%s",
    async (_, one) => {
      const { input, right } = one;
      const [head = "", raw = ""] = (input.raw[0] as string).split("\r\n\r\n");
      const [request = "", ...lines] = head.split("\r\n");
      const [method = "", path = ""] = request.split(" ");
      const headers = new Headers({
        "Content-Type": "application/json",
        Authorization: `Bearer ${t.maker.key}`,
      });
      for (const line of lines.filter((given) => given.startsWith("Content-Encoding")))
        headers.set("Content-Encoding", line.split(": ")[1] as string);
      if (input.gzip_body !== undefined) headers.set("Content-Encoding", "gzip");
      const written = raw
        .replaceAll("{BATCH}", batch)
        .replaceAll("{CODE}", code)
        .replaceAll("{PRODUCT}", goods)
        .replaceAll("{NOW}", at(1));
      const body =
        input.gzip_body === undefined ? written : new Uint8Array(gzipSync(JSON.stringify(input.gzip_body)));
      const answer = await t.h.app.request(path, { method, headers, body });
      const text = await answer.text();
      expect(right.status, text).toContain(answer.status);
      for (const words of right.body ?? []) expect(text).toMatch(new RegExp((words as string[]).join("|")));
      for (const words of right.body_not ?? [])
        expect(text).not.toMatch(new RegExp((words as string[]).join("|")));
    },
  );
});

const now = (): string => new Date(t.h.clock.nowMs).toISOString();
const filled = (text: string): string =>
  text
    .replace("{UTC}", now().slice(0, 19))
    .replace("{UTC+14}", new Date(t.h.clock.nowMs + 14 * 3_600_000).toISOString().slice(0, 19))
    .replace("{DATE}", now().slice(0, 10));
const outcomeOf = (status: number): string => (status < 300 ? "accept" : "refuse");

describe.runIf(hasCases)("dates and times", () => {
  it.each(casesOf("dates.json", "time-form"))("%s", async (_, { input, right }) => {
    const events = [{ kind: "storing", at: filled(input.at), subjects: [{ batch }] }];
    const { status, text } = await t.h.call("POST", "/v1/events", { key: t.maker.key, body: { events } });
    expect(right.outcome, text).toContain(outcomeOf(status));
    for (const words of right.names ?? [])
      expect(
        (words as string[]).some((word) => text.includes(word)),
        `${text} names ${words}`,
      ).toBe(true);
  });

  it.each(casesOf("dates.json", "date-form"))("%s", async (_, { input, right }) => {
    const food = orderOf(await foodOf(), { tradeMode: "0110", ...DATES, ...input });
    const { status, text } = await t.h.call("POST", "/v1/batches", { key: t.maker.key, body: food });
    expect(right.outcome, text).toContain(outcomeOf(status));
    for (const words of right.names ?? [])
      expect(
        (words as string[]).some((word) => text.includes(word)),
        `${text} names ${words}`,
      ).toBe(true);
  });
  let food: Promise<string> | undefined;
  const foodOf = () => (food ??= product(t.h, t.maker, t.officer, { ...FORMULA, gtin: undefined }));
});

describe("a number of -0", () => {
  it("is 0 in every integer of a body", async () => {
    const quota = `{"quota":-0,"autoApprove":false}`;
    const answer = await t.h.call("PUT", `/v1/enterprises/${t.maker.id}/terms`, {
      key: t.officer.key,
      body: quota,
    });
    expect(expectStatus(answer, 200).terms.quota).toBe(0);
    expectStatus(
      await t.h.call("PUT", `/v1/enterprises/${t.maker.id}/terms`, {
        key: t.officer.key,
        body: { quota: null, autoApprove: false },
      }),
      200,
    );
  });

  it("is 0 in a reading, whose sensor rounded it", async () => {
    const readings = [{ type: "temperature", value: "-0.0", unit: "CEL" }];
    const events = [{ kind: "sensing", at: at(2), subjects: [{ batch }], readings }];
    const answer = await t.h.call("POST", "/v1/events/prepare", { key: t.maker.key, body: { events } });
    expect(expectStatus(answer, 200).events[0].statement.public.readings[0].value).toBe("0.0");
  });
});
