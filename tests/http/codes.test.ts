import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digitalLink, shortLink } from "../../src/core/code/link.ts";
import { pinOf } from "../../src/core/code/pin.ts";
import { encipherSerial } from "../../src/core/code/cipher.ts";
import { splitItemKey } from "../../src/core/code/serial.ts";
import { type Harness, makeHarness } from "../harness.ts";
import {
  type Actor,
  authority,
  CREAM,
  enterprise,
  expectStatus,
  IMPORTER,
  orderOf,
  product,
  readyBatch,
} from "./actors.ts";

const HOST = "trace.example.org";
const GTIN = "09520002000019";

let h: Harness;
let officer: Actor;
let owner: Actor;
let cream: string;

beforeEach(async () => {
  h = makeHarness();
  officer = await authority(h);
  owner = await enterprise(h, officer);
  cream = await product(h, owner, officer);
});
afterEach(() => h.dispose());

const fetchCodes = (id: string, query = "", key = owner.key) =>
  h.call("GET", `/v1/batches/${id}/codes${query}`, { key });

/** Code and PIN at a position, by the single doors. */
function single(id: string, position: number): { code: string; pin: string } {
  const { start } = h.service.register.get(id) as { start: number };
  const { epoch, serial } = splitItemKey(start + position);
  const keys = h.service.keyring.keysOf(epoch);
  return { code: encipherSerial(keys, serial), pin: pinOf(keys, serial) };
}

describe("fetching codes", () => {
  it("streams 200,000 as CSV, in order, each the code of its position", async () => {
    const quantity = 200_000;
    const { id } = await readyBatch(h, owner, officer, orderOf(cream, { quantity }));
    const answer = await fetchCodes(id);
    expect(answer.status).toBe(200);
    const [head, ...lines] = answer.text.split("\r\n");
    expect(head).toBe("position,code,url");
    expect(lines.pop()).toBe("");
    expect(lines).toHaveLength(quantity);
    expect(new Set(lines.map((line) => line.split(",")[1])).size).toBe(quantity);
    for (const position of [0, 1, 1023, 1024, 1025, 4096, 65_535, 65_536, 123_456, quantity - 1]) {
      const { code } = single(id, position);
      expect(lines[position]).toBe(`${position},${code},${digitalLink(HOST, GTIN, code)}`);
    }
    const part = await fetchCodes(id, "?first=4000&last=9000");
    expect(part.text).toBe(["position,code,url", ...lines.slice(4000, 9001), ""].join("\r\n"));
    const text = await fetchCodes(id, "?format=text&first=199999");
    expect(text.text).toBe(`${single(id, quantity - 1).code}\n`);
  });

  it("computes codes only as fast as the client reads, none in advance, and none once it has left", async () => {
    const { id } = await readyBatch(h, owner, officer, orderOf(cream, { quantity: 100_000 }));
    const { codes: generator } = h.service.platform;
    const codes = generator.codes.bind(generator);
    let made = 0;
    let largest = 0;
    generator.codes = (keys, first, count) => {
      made += count;
      largest = Math.max(largest, count);
      return codes(keys, first, count);
    };
    try {
      const headers = { Authorization: `Bearer ${owner.key}` };
      const response = await h.app.request(`/v1/batches/${id}/codes`, { headers });
      expect(made).toBe(0);
      const reader = response.body!.getReader();
      await reader.read();
      expect(made).toBe(1024);
      await reader.read();
      expect(made).toBe(2048);
      await reader.cancel();
      await h.service.platform.yield();
      expect(made).toBe(2048);
      expect(largest).toBe(1024);
    } finally {
      generator.codes = codes;
    }
  });

  it("gives NDJSON, with PINs if the batch was ordered with them", async () => {
    const { id } = await readyBatch(h, owner, officer, orderOf(cream, { withPin: true }));
    const answer = await fetchCodes(id, "?format=ndjson&pin=true&first=3&last=4");
    const expected = [3, 4].map((position) => {
      const { code, pin } = single(id, position);
      return { position, code, url: digitalLink(HOST, GTIN, code), pin };
    });
    expect(
      answer.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(expected);
    const csv = await fetchCodes(id, "?pin=true&first=9");
    const { code, pin } = single(id, 9);
    expect(csv.text).toBe(`position,code,url,pin\r\n9,${code},${digitalLink(HOST, GTIN, code)},${pin}\r\n`);
    expect((await fetchCodes(id)).text).not.toContain("pin");
    const text = expectStatus(await fetchCodes(id, "?format=text&pin=true"), 400);
    expect(text.errors[0].field).toBe("pin");
    const plain = await readyBatch(h, owner, officer, orderOf(cream));
    expect(expectStatus(await fetchCodes(plain.id, "?pin=true"), 400).errors[0].field).toBe("pin");
  });

  it("gives goods without a GTIN the short link", async () => {
    const goods = await product(h, owner, officer, { ...CREAM, gtin: undefined });
    const { id } = await readyBatch(h, owner, officer, orderOf(goods, { quantity: 1 }));
    const { code } = single(id, 0);
    expect((await fetchCodes(id)).text).toContain(`0,${code},${shortLink(HOST, code)}\r\n`);
  });

  it.each([
    ["?first=10", "first"],
    ["?last=10", "last"],
    ["?first=5&last=4", "last"],
    ["?first=-1", "first"],
    ["?first=x", "first"],
    ["?first=1.5", "first"],
    ["?format=xml", "format"],
    ["?pin=maybe", "pin"],
    ["?from=1", "from"],
  ])("refuses %s and names the field %s", async (query, field) => {
    const { id } = await readyBatch(h, owner, officer, orderOf(cream));
    const { errors } = expectStatus(await fetchCodes(id, query), 400);
    expect(errors[0].field).toBe(field);
  });

  it("is allowed only to the enterprise that ordered them", async () => {
    const { id } = await readyBatch(h, owner, officer, orderOf(cream));
    const other = await enterprise(h, officer, IMPORTER);
    expectStatus(await fetchCodes(id, "", other.key), 404);
    expectStatus(await fetchCodes(id, "", officer.key), 403);
    expectStatus(await fetchCodes(id, "", h.operatorKey), 403);
    expectStatus(await h.call("GET", `/v1/batches/${id}/codes`), 401);
    const head = await h.call("HEAD", `/v1/batches/${id}/codes`, { key: owner.key });
    expect(head.status).toBe(200);
    expect(head.text).toBe("");
  });
});
