import { inflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  authority,
  enterprise,
  expectStatus,
  IMPORTER,
  orderOf,
  product,
  readyBatch,
} from "./actors.ts";

let h: Harness;
let officer: Actor;
let owner: Actor;
let batch: string;
let codes: { code: string; url: string; pin: string }[];

beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
  const cream = await product(h, owner, officer);
  batch = (await readyBatch(h, owner, officer, orderOf(cream, { quantity: 3000, withPin: true }))).id;
  const answer = await h.call("GET", `/v1/batches/${batch}/codes?format=ndjson&pin=true&last=999`, {
    key: owner.key,
  });
  codes = answer.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as (typeof codes)[number]);
});
afterEach(() => h.dispose());

const labels = (query: string, key = owner.key) =>
  h.call("GET", `/v1/batches/${batch}/labels?${query}`, { key });
const grouped = (code: string) => (code.match(/.{4}/g) as string[]).join("-");

describe("labels", () => {
  it("come as a PDF of A4 sheets", async () => {
    const headers = { Authorization: `Bearer ${owner.key}` };
    const response = await h.app.request(`/v1/batches/${batch}/labels?last=29&caption=Lot%20L1`, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("application/pdf");
    expect(response.headers.get("Content-Disposition")).toBe(`attachment; filename="${batch}-0-29.pdf"`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
    // 30 labels on sheets of 21: two pages, whose streams name every code.
    const pages = pageTexts(bytes);
    expect(pages).toHaveLength(2);
    const shown = pages.join("");
    for (const { code } of codes.slice(0, 30))
      for (const half of halves(code)) expect(shown).toContain(hex(half));
    expect(shown).not.toContain(hex((codes[30] as { code: string }).code.slice(0, 4)));
  });

  it("come as one SVG", async () => {
    const [, one] = codes as [unknown, { code: string; pin: string }];
    const answer = await labels("format=svg&first=1&last=1&caption=%E4%B9%B3%E9%9C%9C&pin=true");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("image/svg+xml; charset=utf-8");
    expect(answer.text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="25mm"/);
    expect(answer.text).toContain(grouped(one.code));
    expect(answer.text).toContain("乳霜");
    expect(answer.text).toContain(one.pin);
    const many = expectStatus(await labels("format=svg&first=1&last=2"), 400);
    expect(many.errors[0].field).toBe("last");
  });

  it("come as a stream of ZPL, one label each", async () => {
    const answer = await labels("format=zpl&last=599&dpi=300&widthMm=60&heightMm=40");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/zpl; charset=utf-8");
    const printed = answer.text.split("^XA").slice(1);
    expect(printed).toHaveLength(600);
    for (const position of [0, 255, 256, 599])
      expect(printed[position]).toContain((codes[position] as { url: string }).url);
  });

  it("print on any of the listed sheets", async () => {
    const { items } = expectStatus(await h.call("GET", "/v1/label-sheets"), 200);
    expect(items.length).toBeGreaterThan(5);
    expect(items[0]).toMatchObject({ columns: expect.any(Number), labelWidthMm: expect.any(Number) });
    const answer = await labels(`sheet=${items[0].id}&last=0&startAt=3`);
    expect(answer.status).toBe(200);
  });

  it.each([
    ["format=gif", "format"],
    ["sheet=none", "sheet"],
    ["format=zpl&dpi=72", "dpi"],
    ["first=3000", "first"],
    ["colour=red", "colour"],
    ["first=", "first"],
    ["last=1e1", "last"],
    ["startAt=21&last=0", "startAt"],
    ["sheet=avery-l4731&last=0", "sheet"],
    ["format=zpl&widthMm=0x20&last=0", "widthMm"],
    ["format=zpl&widthMm=10&heightMm=5&last=0", "widthMm"],
    ["format=svg&widthMm=5&first=1&last=1", "widthMm"],
    ["format=zpl&startAt=3&last=0", "startAt"],
    ["dpi=300&last=0", "dpi"],
    ["caption=%00&last=0", "caption"],
    ["caption=%E4%B9%B3%E9%9C%9C&last=0", "caption"],
  ])("are refused with %s, and the field %s is named", async (query, field) => {
    const { errors } = expectStatus(await labels(query), 400);
    expect(errors[0].field).toBe(field);
  });

  it("are refused, with the reason, if they do not fit", async () => {
    expect(expectStatus(await labels("format=zpl&widthMm=10&heightMm=5&last=0"), 400).detail).toContain(
      "label",
    );
    expect(expectStatus(await labels("last=0&startAt=999"), 400).detail).toContain("cell");
    const many = expectStatus(await labels("last=2600"), 413);
    expect(many.detail).toContain("2600");
    expect(many.errors[0]).toEqual({ field: "last", problem: "is too large", expected: "at most 2599" });
  });

  it("are given only to the enterprise that ordered the codes", async () => {
    const other = await enterprise(h, officer, IMPORTER);
    expectStatus(await labels("last=0", other.key), 404);
    expect((await labels("last=0", officer.key)).status).toBe(403);
  });
});

/** The content streams of a PDF's pages. */
function pageTexts(pdf: Buffer): string[] {
  const texts: string[] = [];
  for (let at = pdf.indexOf("stream\n"); at >= 0; at = pdf.indexOf("stream\n", at + 1)) {
    try {
      const text = inflateSync(pdf.subarray(at + 7)).toString("latin1");
      if (text.includes("/Code")) texts.push(text);
    } catch {
      // Not a compressed stream, or the word in `endstream`.
    }
  }
  return texts;
}

/** A code is on one line, two or four: its halves or groups are always whole. */
function halves(code: string): string[] {
  return code.match(/.{4}/g) as string[];
}

function hex(text: string): string {
  return Buffer.from(text, "latin1").toString("hex").toUpperCase();
}
