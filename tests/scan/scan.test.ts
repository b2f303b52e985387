import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { groupCode } from "../../src/core/code/alphabet.ts";
import { ScanAnswerDocument } from "../../src/http/api/scan.ts";
import { ScanBlockBuilder } from "../../src/scan/scan-block.ts";
import { openSqlite } from "../../src/node/data/sqlite.ts";
import { openStore } from "../../src/store/store.ts";
import { type Harness, makeHarness, START_MS } from "../harness.ts";
import { type Batch, issueBatch } from "./issue.ts";

const TRUSTED = { SUYUAN_TRUST_PROXY: "true" };
const JSON_TYPE = { Accept: "application/json" };
const PREFETCH = { "Sec-Purpose": "prefetch" };
const DAY_MS = 24 * 60 * 60 * 1000;
const FORGED = "45VFV6GS11R19J3B";

let harness: Harness;
afterEach(() => harness.dispose());

async function begin(environment: Record<string, string> = {}, issue = {}): Promise<Batch> {
  harness = makeHarness(environment);
  const batch = await issueBatch(harness.service, issue);
  await batch.set(0, 100, "active");
  return batch;
}

const scan = (path: string, headers: Record<string, string> = {}) =>
  harness.call("GET", path, { headers: { ...JSON_TYPE, ...headers } });

/** A code with one character changed, so that its check character disagrees. */
function mistype(code: string): string {
  return (code.startsWith("0") ? "1" : "0") + code.slice(1);
}

/** The names of an object's functions: its own, and those of its class. */
function methodsOf(of: object): string[] {
  const inherited = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(of) as object))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name);
  const own = Object.entries(of).filter(([, value]) => typeof value === "function");
  return [...own.map(([name]) => name), ...(Object.getPrototypeOf(of) === Object.prototype ? [] : inherited)];
}

describe("a scan", () => {
  it("shows a genuine code's goods, at the first scan and at repeated ones", async () => {
    const batch = await begin(TRUSTED);
    const code = batch.code(7);
    const first = await scan(`/01/09520001000010/21/${code}`, { "x-suyuan-region": "CN-GD" });
    expect(first.status).toBe(200);
    const at = new Date(START_MS).toISOString();
    expect(first.json).toEqual({
      verdict: "genuine",
      code: groupCode(code),
      product: {
        gtin: "09520001000010",
        name: { zh: "婴儿配方奶粉 3 段", en: "Infant formula, stage 3" },
        brand: "Kōwhai",
        specification: "900 g",
        category: "food",
        originCountry: "NZ",
      },
      batch: {
        id: batch.id,
        lot: "L2026-10A",
        productionDate: "2026-08-20",
        expiryDate: "2028-08-19",
        tradeMode: "1210",
      },
      enterprise: {
        id: expect.stringMatching(/^ent_/),
        name: { zh: "新西兰乳业有限公司（示例）", en: "Aotearoa Dairy Ltd (example)" },
      },
      scans: { count: 1, first: { at, region: "CN-GD" }, repeated: false },
      links: { page: `/01/09520001000010/21/${code}`, trace: `/v1/trace/${code}` },
    });
    harness.clock.nowMs += 5000;
    const second = await scan(`/T/${code}`, { "x-suyuan-region": "NZ" });
    expect(second.json.scans).toEqual({ count: 2, first: { at, region: "CN-GD" }, repeated: true });
  });

  it("has every verdict in the documented form", async () => {
    const batch = await begin();
    await batch.set(50, 51, "void");
    await batch.set(51, 52, "sampled");
    const paths: [string, string, string | undefined][] = [
      [`/T/${batch.code(1)}`, "genuine", undefined],
      [`/T/${batch.code(200)}`, "not_activated", undefined],
      [`/T/${batch.code(50)}`, "void", "void"],
      [`/T/${batch.code(51)}`, "suspicious", "sampled"],
      [`/01/09520002000019/21/${batch.code(1)}`, "suspicious", "gtin_mismatch"],
      [`/T/${FORGED}`, "unknown", undefined],
      [`/T/${mistype(batch.code(1))}`, "mistyped", "check"],
      ["/T/ABC", "mistyped", "length"],
      ["/T/UUUUUUUUUUUUUUUU", "mistyped", "character"],
      ["/01/09520001000010", "mistyped", "link"],
    ];
    for (const [path, verdict, reason] of paths) {
      const { status, json } = await scan(path);
      expect({ path, status, verdict: json.verdict, reason: json.reason }).toEqual({
        path,
        status: 200,
        verdict,
        reason,
      });
      expect(ScanAnswerDocument.safeParse(json).error).toBeUndefined();
    }
  });

  it("accepts any letter case, hyphens, percent-encoding and a slash at the end", async () => {
    const batch = await begin();
    const code = batch.code(3);
    const paths = [
      `/t/${code.toLowerCase()}`,
      `/T/${groupCode(code)}`,
      `/T/${code}/`,
      `/t/${groupCode(code).replaceAll("-", "%20")}`,
      `/01/09520001000010/21/${code.toLowerCase()}/`,
      `/01/9520001000010/21/${code}`,
      `/T/${code}?utm=1`,
      `/v1/scan/${groupCode(code).toLowerCase()}`,
    ];
    for (const path of paths) expect([path, (await scan(path)).json?.verdict]).toEqual([path, "genuine"]);
    expect((await scan(`/v1/scan/${code}`)).json.scans.count).toBe(paths.length + 1);
  });

  it.each([
    "/T/%00",
    "/T/%E0%A4%A",
    "/T/..%2f..%2fetc",
    "/01/abc/21/x",
    "/T/a/b/c",
    `/T/${"9".repeat(5000)}`,
    "/T/",
  ])("answers %s as mistyped", async (path) => {
    await begin();
    const { status, json } = await scan(path);
    expect(status).toBe(200);
    expect(json.verdict).toBe("mistyped");
  });

  it("reads no storage for a mistyped or a forged code", async () => {
    const batch = await begin();
    const { store } = harness.service;
    const touched: string[] = [];
    const { custody, ...others } = store;
    const { chains, units, recorded, states, recalls } = custody;
    const derived = {
      custody,
      "custody.chains": chains,
      "custody.units": units,
      "custody.recorded": recorded,
    };
    const rooms = { ...others, ...derived, "custody.states": states, "custody.recalls": recalls };
    for (const [room, statements] of Object.entries(rooms))
      if (typeof statements === "object")
        for (const name of methodsOf(statements))
          vi.spyOn(statements as unknown as Record<string, () => unknown>, name).mockImplementation(() => {
            touched.push(`${room}.${name}`);
            throw new Error("storage was touched");
          });
    expect(methodsOf(chains)).toContain("facts");
    expect((await scan(`/T/${FORGED}`)).json.verdict).toBe("unknown");
    expect((await scan(`/v1/scan/${FORGED}`)).json.verdict).toBe("unknown");
    expect((await scan(`/T/${mistype(batch.code(1))}`)).json.verdict).toBe("mistyped");
    expect((await harness.call("GET", `/T/${FORGED}`)).text).toContain("<!doctype html>");
    expect(touched).toEqual([]);
    await scan(`/T/${batch.code(1)}`);
    expect(touched).toEqual(["custody.states.states"]);
    vi.restoreAllMocks();
  });

  it("does not count HEAD, and counts prefetches, previews and crawlers as programs", async () => {
    const batch = await begin();
    const path = `/T/${batch.code(2)}`;
    const head = await harness.call("HEAD", path, { headers: JSON_TYPE });
    expect([head.status, head.text]).toEqual([200, ""]);
    const programs: Record<string, string>[] = [
      { "Sec-Purpose": "prefetch;prerender" },
      { Purpose: "prefetch" },
      { "X-Purpose": "preview" },
      { "X-Moz": "prefetch" },
      { "User-Agent": "WhatsApp/2.23" },
      { "User-Agent": "facebookexternalhit/1.1" },
      { "User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" },
      { "User-Agent": "TelegramBot (like TwitterBot)" },
      { "User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" },
    ];
    for (const door of [path, `/v1/scan/${batch.code(2)}`])
      for (const headers of programs)
        expect((await scan(door, headers)).json).toMatchObject({
          verdict: "genuine",
          scans: { count: 0, first: null, repeated: false },
        });
    expect((await scan(path)).json.scans.count).toBe(1);
    const { total, programs: apart } = harness.service.scan.figures();
    expect({ total, apart: apart.sinceStart }).toEqual({ total: 1, apart: 2 * programs.length });
  });

  it("counts people's browsers, and apps that ask through a library", async () => {
    const batch = await begin();
    const agents = [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.42",
      "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Mobile Safari/537.36",
      "okhttp/4.12.0",
      "node",
      "Dart/3.1 (dart:io)",
      "curl/8.5.0",
    ];
    for (const agent of agents) await scan(`/T/${batch.code(1)}`, { "User-Agent": agent });
    expect((await scan(`/T/${batch.code(1)}`)).json.scans.count).toBe(agents.length + 1);
  });

  it("counts whatever a stranger prints into a link or sends in a header", async () => {
    const batch = await begin();
    const path = `/01/09520001000010/21/${batch.code(4)}`;
    const token = "hsoga.nkoA6J9-oqFQO2Zi";
    const links = ["?again=1", "?lang=en&again=1", `?seen=${token}`, "?seen=", "?counts=false", "?preview=1"];
    const headers: Record<string, string>[] = [
      { Cookie: `seen=${token}` },
      { Cookie: "again=1" },
      { "Cache-Control": "max-age=0" },
      { DNT: "1" },
      { Referer: "http://localhost/" },
    ];
    for (const link of links) await scan(path + link);
    for (const one of headers) await scan(path, one);
    expect(harness.service.scan.figures().total).toBe(links.length + headers.length);
  });

  it("answers codes that were never activated as expired, after their time or after closing", async () => {
    const batch = await begin({}, { expiresAt: START_MS + DAY_MS });
    await batch.set(150, 151, "applied");
    const verdicts = async (): Promise<string[]> =>
      Promise.all([0, 150, 200].map(async (at) => (await scan(`/T/${batch.code(at)}`)).json.verdict));
    expect(await verdicts()).toEqual(["genuine", "not_activated", "not_activated"]);
    harness.clock.nowMs += DAY_MS;
    expect(await verdicts()).toEqual(["genuine", "void", "void"]);
    const other = await issueBatch(harness.service, {});
    expect((await scan(`/T/${other.code(0)}`)).json.verdict).toBe("not_activated");
    harness.service.register.close(other.id);
    expect((await scan(`/T/${other.code(0)}`)).json).toMatchObject({ verdict: "void", reason: "expired" });
  });

  it("is suspicious with a GTIN if the batch has none", async () => {
    const batch = await begin({}, { gtin: null });
    const mismatch = await scan(`/01/09520001000010/21/${batch.code(0)}`);
    expect(mismatch.json).toMatchObject({ verdict: "suspicious", reason: "gtin_mismatch" });
    expect((await scan(`/v1/scan/${batch.code(0)}?gtin=09520001000010`)).json.verdict).toBe("suspicious");
    expect((await scan(`/T/${batch.code(0)}`)).json).toMatchObject({
      verdict: "genuine",
      links: { page: `/T/${batch.code(0)}` },
    });
  });

  it("has a caution, and no other verdict, while three countries scanned the code within a day", async () => {
    const batch = await begin(TRUSTED);
    const from = async (region: string) => {
      const { json } = await scan(`/T/${batch.code(0)}`, { "x-suyuan-region": region });
      expect(json.verdict).toBe("genuine");
      expect(ScanAnswerDocument.safeParse(json).error).toBeUndefined();
      return json.cautions;
    };
    const since = new Date(START_MS).toISOString();
    for (const region of ["NZ", "CN-GD", "CN-BJ", "nowhere"]) expect(await from(region)).toBeUndefined();
    const caution = { kind: "scanned_widely", countries: 3, networks: 0, since, hours: 24 };
    expect(await from("KR")).toEqual([caution]);
    expect(await from("CN-GD")).toEqual([caution]);
    harness.clock.nowMs += DAY_MS + 1000;
    expect(await from("CN-GD")).toBeUndefined();
    expect(harness.service.scan.figures().byVerdict).toMatchObject({ genuine: 7, suspicious: 0 });
  });

  it("has a caution while ten networks of one country scanned the code, and none for one household", async () => {
    const batch = await begin(TRUSTED);
    const from = async (address: string, code = batch.code(0)) => {
      const headers = { "x-suyuan-region": "CN-GD", "x-forwarded-for": address };
      return (await scan(`/T/${code}`, headers)).json;
    };
    for (let host = 1; host <= 40; host++)
      expect((await from(`203.0.113.${host}`, batch.code(1))).cautions).toBeUndefined();
    for (let host = 1; host <= 40; host++)
      expect((await from(`2001:db8:7:${host}::1`, batch.code(1))).cautions).toBeUndefined();
    for (let network = 0; network < 10; network++)
      expect((await from(`198.51.${network}.1`)).cautions).toBeUndefined();
    expect(await from("198.51.10.1")).toMatchObject({
      verdict: "genuine",
      cautions: [{ kind: "scanned_widely", countries: 1, networks: 10 }],
    });
  });

  it("ignores region headers if no proxy is trusted", async () => {
    const batch = await begin();
    const { json } = await scan(`/T/${batch.code(0)}`, { "x-suyuan-region": "NZ", "cf-ipcountry": "NZ" });
    expect(json.scans.first.region).toBe("unknown");
  });
});

const storedThrough = (): number => harness.service.store.scans.totals()?.through ?? 0;

describe("the tally over a restart", () => {
  it("is exact after a clean stop", async () => {
    const folder = mkdtempSync(join(tmpdir(), "suyuan-scan-"));
    try {
      harness = makeHarness(TRUSTED, folder);
      const batch = await issueBatch(harness.service, { count: 3000 });
      await batch.set(0, 3000, "active");
      for (let n = 0; n < 500; n++) {
        harness.clock.nowMs += 700;
        const region = ["NZ", "CN-GD", "CN-SH", "unknown"][n % 4] as string;
        await scan(`/T/${batch.code(n % 70)}`, { "x-suyuan-region": region });
        // Part of the scans is stored before the stop, and part at it.
        if (n === 250) await expect.poll(storedThrough).toBeGreaterThan(0);
      }
      await scan(`/T/${FORGED}`);
      const before = harness.service.scan.figures();
      expect(before).toMatchObject({
        total: 500,
        codes: 70,
        byVerdict: { genuine: 500 },
        byCountry: { CN: 250, NZ: 125, unknown: 125 },
        byContinent: { AS: 250, OC: 125, unknown: 125 },
        byProvince: { "CN-GD": 125, "CN-SH": 125 },
        byTradeMode: { "1210": 500 },
        byCategory: { food: 500 },
        refused: { unknown: { sinceStart: 1, lastHour: 1 }, mistyped: { sinceStart: 0, lastHour: 0 } },
      });
      const earlier = (await scan(`/T/${batch.code(3)}`, PREFETCH)).json.scans;
      const { nowMs } = harness.clock;
      await harness.dispose();

      harness = makeHarness(TRUSTED, folder);
      harness.clock.nowMs = nowMs;
      const after = harness.service.scan.figures();
      const { refused, log, programs } = before;
      expect({ ...after, refused, log, programs }).toEqual(before);
      expect(after.log).toEqual({ waiting: 0, lost: 0 });
      expect((await scan(`/T/${batch.code(3)}`, PREFETCH)).json.scans).toEqual(earlier);
      expect((await scan(`/T/${batch.code(3)}`)).json.scans.count).toBe(earlier.count + 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("holds scans in memory while storage fails, and refuses a log that cannot be read", async () => {
    const batch = await begin();
    const failing = vi.spyOn(harness.service.store.scans, "addBlock").mockImplementation(() => {
      throw new Error("disk full");
    });
    await scan(`/T/${batch.code(0)}`);
    await expect.poll(() => failing.mock.calls.length).toBeGreaterThan(0);
    expect(harness.service.scan.figures().log).toEqual({ waiting: 1, lost: 0 });
    vi.restoreAllMocks();
    await expect.poll(() => harness.service.scan.figures().log.waiting).toBe(0);
    await harness.close();
    const binding = openSqlite(harness.folder);
    const { scans } = openStore(binding);
    const sequence = (scans.totals()?.through ?? 0) + 1;
    binding.transact(() => scans.addBlock({ sequence, at: 0, sightings: 1, scans: Uint8Array.of(9, 9, 9) }));
    binding.close();
    expect(() => makeHarness({}, harness.folder)).toThrow(/scan log cannot be read/);
    rmSync(harness.folder, { recursive: true, force: true });
    harness = makeHarness();
  });
});

describe("scans stored by the version before", () => {
  it("keep their verdicts in the sums, and their countries for a caution", async () => {
    const folder = mkdtempSync(join(tmpdir(), "suyuan-scan-"));
    try {
      harness = makeHarness(TRUSTED, folder);
      const batch = await issueBatch(harness.service, {});
      await batch.set(0, 100, "active");
      for (const region of ["NZ", "CN-GD"]) await scan(`/T/${batch.code(0)}`, { "x-suyuan-region": region });
      await harness.close();
      // That version stored the scan from a third country as suspicious, and no sums of the day before.
      const binding = openSqlite(folder);
      const store = openStore(binding);
      const { totals, through, tail } = store.scans.totals()!;
      const { day: _, ...before } = JSON.parse(totals);
      before.verdicts.suspicious = 5;
      const builder = new ScanBlockBuilder();
      const atSeconds = START_MS / 1000;
      builder.add({ key: batch.key(0), region: "KR", atSeconds, verdict: "suspicious", sighting: true });
      const block = { sequence: through + 1, at: atSeconds, sightings: 1, scans: builder.bytes() };
      binding.transact(() => {
        store.scans.addBlock(block);
        store.scans.putTotals({ through: through + 1, tail, totals: JSON.stringify(before) });
      });
      binding.close();

      for (const _start of ["first", "second"]) {
        harness = makeHarness(TRUSTED, folder);
        expect(harness.service.scan.figures().byVerdict).toMatchObject({ genuine: 2, suspicious: 5 });
        const { json } = await scan(`/T/${batch.code(0)}`, PREFETCH);
        expect(json).toMatchObject({ verdict: "genuine", scans: { count: 3 }, cautions: [{ countries: 3 }] });
        await harness.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
      harness = makeHarness();
    }
  });
});
