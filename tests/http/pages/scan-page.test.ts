import { createHash } from "node:crypto";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { pinOf } from "../../../src/core/code/pin.ts";
import { splitItemKey } from "../../../src/core/code/serial.ts";
import type { Environment } from "../../../src/http/environment.ts";
import { scanRoutes } from "../../../src/http/pages/consumer/scan-routes.ts";
import { en } from "../../../src/i18n/en.ts";
import { zh } from "../../../src/i18n/zh.ts";
import type { TraceStep } from "../../../src/services/custody/view.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { type Batch, type Issue, issueBatch, recallPositions } from "../../scan/issue.ts";

const PHONE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FORGED = "45VFV6GS11R19J3B";
const MAX_PAGE_BYTES = 20_000;
const HOSTILE = `<script>alert("1")</script>'"&`;
const ESCAPED = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&quot;&amp;";

let harness: Harness;
afterEach(() => harness.dispose());

async function begin(issue: Issue = {}): Promise<Batch> {
  harness = makeHarness();
  const batch = await issueBatch(harness.service, issue);
  await batch.set(0, 100, "active");
  return batch;
}

const page = (path: string, headers: Record<string, string> = {}) =>
  harness.call("GET", path, { headers: { Accept: PHONE, ...headers } });

/** A page without the breaks between and inside tags that its templates are laid out with. */
const compact = (text: string): string =>
  text.replace(/\s+/g, " ").replaceAll(" >", ">").replaceAll("> <", "><");

/** The link of a page to itself in the other language. */
const languageLink = (text: string): string =>
  /<nav><a href="([^"]+)"/.exec(compact(text))?.[1]?.replaceAll("&amp;", "&") ?? "";

/** A text as a page has it. */
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("'", "&#39;").replaceAll('"', "&quot;");

describe("the page of a scan", () => {
  it("is complete and small in the reader's language, for every verdict", async () => {
    const batch = await begin();
    await batch.set(50, 51, "void");
    await batch.set(51, 52, "sampled");
    await recallPositions(harness.service, batch, 60, 61, { level: 1, reason: "Metal found" });
    harness.service.scan.recallsChanged();
    const paths = {
      genuine: batch.code(1),
      not_activated: batch.code(200),
      suspicious: batch.code(51),
      recalled: batch.code(60),
      void: batch.code(50),
      unknown: FORGED,
      mistyped: "ABC",
    };
    for (const [verdict, code] of Object.entries(paths))
      for (const texts of [zh, en]) {
        const { status, text, headers } = await page(`/T/${code}`, { "Accept-Language": texts.locale });
        const words = texts.verdicts[verdict as keyof typeof paths];
        expect(status).toBe(200);
        expect(headers.get("Content-Language")).toBe(texts.locale);
        expect(headers.get("Content-Type")).toMatch(/^text\/html; charset=utf-8$/i);
        expect(text).toContain(`<html lang="${texts.locale}">`);
        expect(text).toContain(`<h1>${words.title}</h1>`);
        for (const advice of words.advice) expect(text).toContain(escaped(advice));
        expect(Buffer.byteLength(text)).toBeLessThan(MAX_PAGE_BYTES);
        expect(text).not.toMatch(/\b(?:undefined|NaN|\[object)\b/);
      }
  });

  it("loads nothing, and its content policy allows only its own style", async () => {
    const batch = await begin({ withPin: true });
    for (const path of ["/", `/T/${batch.code(1)}`, `/T/${FORGED}`]) {
      const { text, headers } = await page(path);
      const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? "";
      const hash = createHash("sha256").update(style).digest("base64");
      expect(headers.get("Content-Security-Policy")).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'self'; base-uri 'none'; ` +
          "frame-ancestors 'none'",
      );
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(text).not.toMatch(/<script|<img|<iframe|\bon[a-z]+=|@import|\bstyle=|\burl\(/i);
      expect(text.match(/\b(?:src|href|action)="(?!\/|data:)[^"]*"/g)).toBeNull();
    }
  });

  it("escapes the names that enterprises give, and typed text", async () => {
    const names = { zh: HOSTILE, en: HOSTILE };
    const batch = await begin({ names, enterprise: names, brand: HOSTILE, lot: HOSTILE });
    const { text } = await page(`/T/${batch.code(1)}`);
    expect(text.split(ESCAPED)).toHaveLength(5);
    for (const path of [`/T/${encodeURIComponent(HOSTILE)}`, `/?code=${encodeURIComponent(HOSTILE)}`]) {
      const typed = await page(path);
      expect(typed.text).toContain(`value="${ESCAPED}"`);
      expect(typed.text).not.toContain("<script");
    }
    const json = await harness.call("GET", `/v1/scan/${batch.code(1)}`);
    expect(json.json.product.name).toEqual(names);
  });

  it("distinguishes a first scan from a repeated one, without calling a repeat a fake", async () => {
    const batch = await begin();
    const path = `/01/09520001000010/21/${batch.code(1)}`;
    const first = await page(path, { "Accept-Language": "zh" });
    expect(first.text).toContain(zh.scans.first);
    expect(first.text).not.toContain(zh.scans.repeatNote);
    const second = await page(path, { "Accept-Language": "en" });
    expect(second.text).toContain(en.scans.repeated("2"));
    expect(second.text).toContain("1 November 2026 at 00:00 UTC");
    expect(second.text).toContain(escaped(en.scans.repeatNote));
    expect(second.text).toContain(en.verdicts.genuine.title);
  });

  it("links to itself in the other language, which counts no second scan", async () => {
    const batch = await begin();
    const path = `/01/09520002000019/21/${batch.code(1)}`;
    const { text } = await page(path, { "Accept-Language": "en" });
    const link = languageLink(text);
    expect(link).toMatch(`${path}?lang=zh&seen=`);
    const other = await page(link, { "Accept-Language": "en" });
    expect(other.text).toContain(zh.reasons.gtin_mismatch);
    const back = languageLink(other.text);
    expect((await page(back)).text).toContain(en.reasons.gtin_mismatch);
    expect(harness.service.scan.figures().total).toBe(1);
  });

  it("counts a reload once, by a cookie that no script reads", async () => {
    const batch = await begin();
    const path = `/T/${batch.code(1)}`;
    const { headers } = await page(path);
    const [, cookie = "", attributes] = /^(seen=[^;]+)(;.*)$/.exec(headers.get("Set-Cookie") ?? "") ?? [];
    expect(attributes).toBe("; Max-Age=600; Path=/; HttpOnly; SameSite=Lax");
    for (const spelling of [path, path.toLowerCase()])
      expect((await page(spelling, { Cookie: cookie, "Accept-Language": "en" })).text).toContain(
        en.scans.first,
      );
    expect(harness.service.scan.figures().total).toBe(1);
    await page(`/T/${batch.code(2)}`, { Cookie: cookie });
    expect(harness.service.scan.figures().total).toBe(2);
  });

  it("gives no mark to a program, so that the person who follows it is counted", async () => {
    const batch = await begin();
    const path = `/T/${batch.code(1)}`;
    for (const headers of [{ "Sec-Purpose": "prefetch" }, { "User-Agent": "WhatsApp/2.23" }]) {
      const ahead = await page(path, headers);
      expect(ahead.text).toContain(en.verdicts.genuine.title);
      expect(ahead.headers.get("Set-Cookie")).toBeNull();
      expect(languageLink(ahead.text)).not.toContain("seen=");
    }
    expect(harness.service.scan.figures().total).toBe(0);
  });

  it("counts a printed link with somebody's mark: after ten minutes, from another address, for another code", async () => {
    harness = makeHarness({ SUYUAN_TRUST_PROXY: "true" });
    const batch = await issueBatch(harness.service, {});
    await batch.set(0, 100, "active");
    const mine = { "X-Forwarded-For": "203.0.113.7" };
    const { text } = await page(`/T/${batch.code(1)}`, mine);
    const link = languageLink(text);
    const counted = async (target: string, headers: Record<string, string>): Promise<number> => {
      const before = harness.service.scan.figures().total;
      await page(target, headers);
      return harness.service.scan.figures().total - before;
    };
    expect(await counted(link, mine)).toBe(0);
    expect(await counted(link, { "X-Forwarded-For": "203.0.113.8" })).toBe(1);
    expect(await counted(link.replace(batch.code(1), batch.code(2)), mine)).toBe(1);
    expect(await counted(link.replace(/seen=[^.]+/, "seen=zzzzzz"), mine)).toBe(1);
    harness.clock.nowMs += 9 * 60_000;
    expect(await counted(link, mine)).toBe(0);
    harness.clock.nowMs += 3 * 60_000;
    expect(await counted(link, mine)).toBe(1);
  });

  it("shows a caution with its numbers below an unchanged verdict", async () => {
    harness = makeHarness({ SUYUAN_TRUST_PROXY: "true" });
    const batch = await issueBatch(harness.service, {});
    await batch.set(0, 100, "active");
    const path = `/T/${batch.code(1)}`;
    for (const region of ["US", "FR"]) await page(path, { "X-Suyuan-Region": region });
    for (const texts of [zh, en]) {
      const { text } = await page(path, { "X-Suyuan-Region": "BR", "Accept-Language": texts.locale });
      expect(text).toContain(`<h1>${texts.verdicts.genuine.title}</h1>`);
      const since = texts === en ? "1 November 2026 at 00:00 UTC" : "2026年11月1日 08:00（北京时间）";
      const words = texts.caution.scannedWidely({ countries: 3, networks: 0, hours: 24, since });
      expect(compact(text)).toContain(
        `<section class="card caution"><h2>${texts.caution.title}</h2><p>${words}</p>`,
      );
      expect(Buffer.byteLength(text)).toBeLessThan(MAX_PAGE_BYTES);
    }
  });

  it("says that goods are past their date", async () => {
    const batch = await begin({ expiryDate: "2026-10-31" });
    expect((await page(`/T/${batch.code(1)}`)).text).not.toContain(en.product.pastExpiry);
    harness.clock.nowMs += 12 * 60 * 60 * 1000;
    expect((await page(`/T/${batch.code(1)}`)).text).toContain(en.product.pastExpiry);
  });

  it("shows the journey, each step with the party that vouches for it", async () => {
    const batch = await begin();
    const steps = [
      step("commissioning", "enterprise", {
        at: "2026-08-20T09:12:00+12:00",
        place: { country: "NZ", name: "Hamilton" },
      }),
      step("reporting", "assessor", {
        reports: [{ title: HOSTILE, number: "N-1", result: "non_conformant", digest: "ab".repeat(32) }],
      }),
      step("releasing", "authority", { signed: true, correctedBy: 9 }),
    ];
    const app = new Hono<Environment>().route(
      "/",
      scanRoutes(harness.service, () => steps),
    );
    const response = await app.request(`/T/${batch.code(1)}`, { headers: { "Accept-Language": "zh" } });
    const text = compact(await response.text());
    for (const label of ["企业自报", "第三方", "监管部门"])
      expect(text).toContain(`<span class="chip">${label}</span>`);
    expect(text).toContain("2026年8月20日 09:12 (UTC+12:00)");
    expect(text).toContain("Hamilton, 新西兰");
    expect(text).toContain(`<a href="/v1/files/${"ab".repeat(32)}">${ESCAPED}</a> · N-1`);
    expect(text).toContain(zh.journey.nonConformant);
    expect(text).toContain(zh.journey.corrected);
    expect(text).toContain(zh.journey.signed);
  });
});

function step(kind: TraceStep["kind"], role: TraceStep["by"]["role"], more: Partial<TraceStep>): TraceStep {
  return {
    index: 1,
    event: "e",
    kind,
    bizStep: "",
    disposition: "",
    at: "2026-09-01T00:00:00Z",
    recorded: "2026-09-01T00:00:00Z",
    by: { organisation: "ent_x", role, name: { en: "X" } },
    reports: [],
    public: {},
    sealed: [],
    withheld: 0,
    via: [],
    signed: false,
    ...more,
  };
}

describe("the front page", () => {
  it("leads from a typed code, or a pasted link, to the code's page", async () => {
    const batch = await begin();
    const code = batch.code(1);
    expect((await page("/", { "Accept-Language": "zh" })).text).toContain(zh.home.title);
    const typed: [string, string][] = [
      [code.toLowerCase().replace(/(.{4})/g, "$1 "), `/T/${code}`],
      [`HTTPS://TRACE.EXAMPLE.ORG/01/09520001000010/21/${code}`, `/01/09520001000010/21/${code}`],
      [`https://trace.example.org/t/${code}`, `/T/${code}`],
    ];
    for (const [text, path] of typed) {
      const { status, headers } = await page(`/?lang=en&code=${encodeURIComponent(text)}`);
      expect(status).toBe(303);
      expect(headers.get("Location")).toBe(`${path}?lang=en`);
    }
    expect((await page(`/T/${code}?lang=en`)).text).toContain(en.scans.first);
  });

  it("says what is wrong with a mistyped code, and offers it again", async () => {
    await begin();
    const { text, status } = await page("/?lang=en&code=45VFV6GS11R19J3U");
    expect(status).toBe(200);
    expect(text).toContain(en.reasons.character(16));
    expect(text).toContain('value="45VFV6GS11R19J3U"');
  });
});

/** The request that a browser sends for the form. */
const form = (pin: string) => ({
  body: `pin=${pin}`,
  headers: { "Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en" },
});

describe("the PIN's form", () => {
  it("works without script and counts no scan", async () => {
    const batch = await begin({ withPin: true });
    const code = batch.code(1);
    const { text } = await page(`/T/${code}`, { "Accept-Language": "en" });
    const action = /<form action="([^"]+)" method="post">/.exec(text)?.[1] ?? "";
    expect(action).toBe(`/T/${code}/pin?lang=en`);
    const { epoch, serial } = splitItemKey(batch.key(1));
    const right = pinOf(harness.service.keyring.keysOf(epoch), serial);
    const wrong = right === "000000" ? "000001" : "000000";
    expect((await harness.call("POST", action, form("12"))).text).toContain(en.pin.malformed);
    expect((await harness.call("POST", action, form(wrong))).text).toContain(en.pin.wrong("4"));
    expect((await harness.call("POST", action, form(right))).text).toContain(en.pin.opened);
    expect((await harness.call("POST", action, form(right))).text).toContain(
      escaped(en.pin.alreadyOpened("1 November 2026 at 00:00 UTC")),
    );
    for (let tries = 0; tries < 4; tries++) await harness.call("POST", action, form(wrong));
    expect((await harness.call("POST", action, form(right))).text).toContain("Too many tries");
    expect(harness.service.scan.figures().total).toBe(1);
    const back = await page(`/t/${code.toLowerCase()}/pin`);
    expect([back.status, back.headers.get("Location")]).toEqual([303, `/T/${code.toLowerCase()}`]);
  });

  it("is absent for codes without a PIN, and for verdicts graver than genuine", async () => {
    const batch = await begin();
    expect((await page(`/T/${batch.code(1)}`)).text).not.toContain('method="post"');
    const other = await issueBatch(harness.service, { withPin: true });
    expect((await page(`/T/${other.code(1)}`)).text).not.toContain('method="post"');
    const answered = await harness.call("POST", `/T/${other.code(1)}/pin`, form("000000"));
    expect(answered.text).toContain(en.verdicts.not_activated.title);
    expect(harness.service.store.service.pin(other.key(1))).toBeUndefined();
  });
});
