import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forged, misread } from "../../src/cli/demo/scans.ts";
import { type Ended, type Service, startService, suyuan, temporaryFolder } from "./process.ts";

/** The time of the events: no earlier than the order by more than 5 minutes. */
const AT = `${new Date().toISOString().slice(0, 19)}Z`;
const SHOWN = AT.slice(0, 16).replace("T", " ");

let service: Service;
let work: string;
let authorityKey: string;
let ownerKey: string;
let owner: string;
let product: string;
let batch: string;
let codes: string[];
let vkey: string;
let issuedCodes: number;

/** Calls the API without the command line. */
async function api<T>(method: string, path: string, key?: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {
    ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(service.url + path, init);
  const text = await answer.text();
  expect(answer.ok, text).toBe(true);
  return JSON.parse(text) as T;
}

/** A command against the service, with a key. */
function command(args: string[], key = ownerKey): Promise<Ended> {
  return suyuan(args, { SUYUAN_URL: service.url, SUYUAN_KEY: key });
}

async function asJson<T>(args: string[], key = ownerKey, expectedCode = 0): Promise<T> {
  const { code, stdout, stderr } = await command([...args, "--json"], key);
  expect(code, stderr + stdout).toBe(expectedCode);
  return JSON.parse(stdout) as T;
}

interface Filed {
  organisation: { id: string };
  apiKey: { secret: string };
}

beforeAll(async () => {
  service = await startService();
  work = temporaryFolder();
  const approve = { decision: "approve" };
  const authority = await api<Filed>("POST", "/v1/organisations", service.operatorKey, {
    role: "authority",
    names: { en: "Example Customs" },
    identity: { scheme: "uscc", value: "114401150000000191" },
    country: "CN",
  });
  authorityKey = authority.apiKey.secret;
  const filed = await api<Filed>("POST", "/v1/enterprises", undefined, {
    names: { en: "Example Mill" },
    identity: { scheme: "national", value: "TH-1" },
    country: "TH",
  });
  owner = filed.organisation.id;
  ownerKey = filed.apiKey.secret;
  await api("POST", `/v1/enterprises/${owner}/decision`, authorityKey, approve);
  const goods = await api<{ id: string }>("POST", "/v1/products", ownerKey, {
    names: { en: "Jasmine rice" },
    gtin: "9520004000017",
    category: "consumer_goods",
    originCountry: "TH",
  });
  product = goods.id;
  await api("POST", `/v1/products/${product}/decision`, authorityKey, approve);
  ({ vkey } = await api<{ vkey: string }>("GET", "/v1/log"));
  const file = join(work, "codes.csv");
  const order = ["--product", product, "--quantity", "5000", "--lot", "L1", "--mode", "0110"];
  const value = [
    "--value",
    "900000.00",
    "--currency",
    "THB",
    "--rate",
    "0.0291",
    "--rate-date",
    "2026-01-01",
  ];
  const issued = await asJson<{ batch: { id: string }; codes: number }>([
    "issue",
    ...order,
    ...value,
    "--authority-key",
    authorityKey,
    "-o",
    file,
  ]);
  batch = issued.batch.id;
  issuedCodes = issued.codes;
  codes = readFileSync(file, "utf8")
    .trim()
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(",")[1] as string);
  const at = AT;
  const event = (kind: string, more: object): object => ({
    kind,
    at,
    subjects: [{ batch, first: 0, last: 99 }],
    ...more,
  });
  await api("POST", "/v1/events", ownerKey, {
    events: [event("commissioning", {}), event("packing", { into: "sscc:395200010000000011" })],
  });
});

afterAll(async () => {
  await service.stop();
  for (const folder of [service.folder, work]) rmSync(folder, { recursive: true, force: true });
});

describe("issue", () => {
  it("downloads every code once, into a file that only its owner can read", () => {
    expect(issuedCodes).toBe(5000);
    expect(codes).toHaveLength(5000);
    expect(new Set(codes).size).toBe(5000);
    expect(statSync(join(work, "codes.csv")).mode & 0o777).toBe(0o600);
  });

  it("downloads an earlier order again, in other formats", async () => {
    for (const format of ["ndjson", "text"]) {
      const file = join(work, `codes.${format}`);
      const { code, stdout, stderr } = await command([
        "issue",
        "--batch",
        batch,
        "--format",
        format,
        "-o",
        file,
      ]);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain(`5,000 codes of ${batch} are in ${file}`);
      const lines = readFileSync(file, "utf8").trim().split("\n");
      const read =
        format === "text" ? lines : lines.map((line) => (JSON.parse(line) as { code: string }).code);
      expect(read).toEqual(codes);
    }
  });

  it("takes an order from a file, and options before it", async () => {
    const order = join(work, "order.json");
    const declaredValue = { amount: "1.00", currency: "USD" };
    writeFileSync(
      order,
      JSON.stringify({ product, quantity: 7, lot: "X", tradeMode: "0110", declaredValue }),
    );
    const file = join(work, "few.csv");
    const args = [
      "issue",
      "--order",
      order,
      "--quantity",
      "3",
      "--pin",
      "--authority-key",
      authorityKey,
      "-o",
      file,
    ];
    const made = await asJson<{ batch: { quantity: number; lot: string } }>(args);
    expect(made.batch).toMatchObject({ quantity: 3, lot: "X", withPin: true });
    expect(readFileSync(file, "utf8")).toMatch(
      /^position,code,url,pin\r\n0,[0-9A-Z]{16},HTTPS:\/\/\S+,\d{6}\r\n/,
    );
  });

  it("never overwrites a file, and leaves none after a failure", async () => {
    const file = join(work, "codes.csv");
    const before = readFileSync(file, "utf8");
    const again = await command(["issue", "--batch", batch, "-o", file]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("exists already");
    expect(readFileSync(file, "utf8")).toBe(before);
    const none = join(work, "none.csv");
    const foreign = await command(["issue", "--batch", batch, "-o", none], authorityKey);
    expect(foreign.code).toBe(1);
    expect(foreign.stderr).toMatch(/refused \(40[34]/);
    expect(existsSync(none)).toBe(false);
  });

  it("orders nothing if the codes cannot be written", async () => {
    const order = join(work, "kept.json");
    const declaredValue = { amount: "1.00", currency: "USD" };
    const body = { product, quantity: 7, lot: "UNKEPT", tradeMode: "0110", declaredValue };
    writeFileSync(order, JSON.stringify(body));
    for (const file of [join(work, "codes.csv"), join(work, "no such folder", "codes.csv")]) {
      const { code, stderr } = await command(["issue", "--order", order, "-o", file]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/exists already|cannot be written/);
    }
    const { items } = await api<{ items: { lot: string }[] }>("GET", "/v1/batches", ownerKey);
    expect(items.map(({ lot }) => lot)).not.toContain("UNKEPT");
  });

  it("names the wrong fields of an order", async () => {
    const args = [
      "issue",
      "--product",
      product,
      "--quantity",
      "1",
      "--lot",
      "L",
      "--mode",
      "9999",
      "-o",
      join(work, "x"),
    ];
    const { code, stderr } = await command([...args, "--value", "1.00", "--currency", "USD"]);
    expect(code).toBe(1);
    expect(stderr).toContain("tradeMode");
  });

  it("stops if the order is declined", async () => {
    const declaredValue = { amount: "1.00", currency: "USD" };
    const order = { product, quantity: 1, lot: "L2", tradeMode: "0110", declaredValue };
    const { id } = await api<{ id: string }>("POST", "/v1/batches", ownerKey, order);
    const declined = { decision: "decline", reason: "The lot is not known here" };
    await api("POST", `/v1/batches/${id}/decision`, authorityKey, declined);
    const { code, stderr } = await command(["issue", "--batch", id, "-o", join(work, "declined.csv")]);
    expect(code).toBe(1);
    expect(stderr).toContain("declined: The lot is not known here");
  });
});

describe("scan", () => {
  it("answers each verdict with exit code 0", async () => {
    const verdicts = [
      [codes[0], "genuine"],
      [codes[4999], "not_activated"],
      [`HTTPS://TRACE.EXAMPLE.ORG/01/09520001000010/21/${codes[1]}`, "suspicious"],
      [forged(), "unknown"],
      [misread(codes[0] as string, 3), "mistyped"],
    ] as const;
    for (const [text, verdict] of verdicts)
      expect(await asJson<{ verdict: string }>(["scan", text as string])).toMatchObject({ verdict });
  });

  it("accepts a code as people type it, and answers in words", async () => {
    const typed = (codes[2] as string).toLowerCase().replace(/(.{4})/g, "$1 ");
    const { code, stdout } = await command(["scan", typed]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^GENUINE\n/);
    expect(stdout).toContain("Jasmine rice");
    expect(stdout).toContain("Example Mill");
  });
});

describe("trace", () => {
  it("shows the journey", async () => {
    const trace = await asJson<{ steps: { kind: string }[] }>(["trace", codes[0] as string]);
    expect(trace.steps.map(({ kind }) => kind)).toEqual(["commissioning", "packing"]);
    const { stdout } = await command(["trace", codes[0] as string]);
    expect(stdout).toContain("Jasmine rice, lot L1, of Example Mill");
    expect(stdout).toMatch(new RegExp(`${SHOWN} {2}Activated`));
    expect(stdout).toMatch(new RegExp(`${SHOWN} {2}Packed`));
  });

  it("refuses a text that is no code without asking the service, and a forged code after asking", async () => {
    const typed = await command(["trace", "no code"]);
    expect(typed.code).toBe(1);
    expect(typed.stderr).toContain("is not a trace code");
    const fake = await command(["trace", forged()]);
    expect(fake.code).toBe(1);
    expect(fake.stderr).toContain("not a code of this service");
  });
});

describe("keys", () => {
  it("are made, listed and revoked", async () => {
    const made = await asJson<{ id: string; secret: string }>([
      "keys",
      "create",
      "--label",
      "packing line 1",
    ]);
    expect(made.secret).toMatch(/^sy_/);
    const listed = await command(["keys", "list"], made.secret);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain(`${made.id}  enterprise`);
    expect(listed.stdout).toContain("packing line 1");
    expect(listed.stdout).not.toContain(made.secret);
    expect((await command(["keys", "revoke", made.id])).stdout).toContain("is revoked");
    const after = await command(["keys", "list"], made.secret);
    expect(after.code).toBe(1);
    expect(after.stderr).toContain("refused (401");
  });

  it("of others can be listed by the operator only", async () => {
    const args = ["keys", "list", "--organisation", owner];
    const { items } = await asJson<{ items: { organisation: string }[] }>(args, service.operatorKey);
    expect(new Set(items.map(({ organisation }) => organisation))).toEqual(new Set([owner]));
    expect((await command(args, authorityKey)).code).toBe(1);
  });
});

describe("bundle and verify", () => {
  it("prove a journey offline", async () => {
    const file = join(work, "bundle.json");
    expect((await command(["bundle", codes[0] as string, "-o", file])).code).toBe(0);
    const key = join(work, "log.vkey");
    writeFileSync(key, `${vkey}\n`);
    // No service is named, and none is asked.
    const proven = await suyuan(["verify", file, "--key", `@${key}`], { SUYUAN_URL: "http://127.0.0.1:9" });
    expect(proven.code, proven.stderr + proven.stdout).toBe(0);
    expect(proven.stdout).toContain("VERIFIED against the log of trace.example.org/log");
    expect(proven.stdout).toContain("Jasmine rice, lot L1");
    expect(proven.stdout).toContain("number 1 of the 5,000 codes");
    expect(proven.stdout).toContain("What this file alone does not prove:");
    const value = await asJson<Record<string, unknown>>(["verify", file, "--key", vkey]);
    expect(value).toMatchObject({
      verified: true,
      status: "active",
      log: { origin: "trace.example.org/log" },
      steps: [{ kind: "commissioning", signed: false }, { kind: "packing" }],
    });
    expect((value["limits"] as string[]).length).toBeGreaterThanOrEqual(3);
  });

  it("refuse a changed record, with the reason", async () => {
    const file = join(work, "changed.json");
    const bundle = await (await fetch(`${service.url}/v1/trace/${codes[0]}/bundle`)).text();
    writeFileSync(file, bundle.replace(AT, AT.replace(/Z$/, "+00:00")));
    const { code, stdout } = await suyuan(["verify", file, "--key", vkey]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^REFUSED: /);
    const value = await asJson<Record<string, unknown>>(["verify", file, "--key", vkey], ownerKey, 1);
    expect(value).toMatchObject({ verified: false, reason: expect.stringMatching(/\w/) as string });
  });

  it("refuse another log's key, a missing key, and a file that is no bundle", async () => {
    const file = join(work, "bundle.json");
    const other = `trace.example.org/log+${"00".repeat(4)}+${Buffer.alloc(33, 1).toString("base64")}`;
    expect((await suyuan(["verify", file, "--key", other])).code).toBe(2);
    expect((await suyuan(["verify", file, "--key", "@/nowhere/at/all"])).code).toBe(1);
    expect((await suyuan(["verify", join(work, "codes.csv"), "--key", vkey])).code).toBe(1);
    expect((await suyuan(["verify", file])).code).toBe(2);
    // The key of a caller is never taken for the ledger's.
    expect((await suyuan(["verify", file], { SUYUAN_KEY: vkey })).code).toBe(2);
  });
});

describe("audit", () => {
  it.each([
    ["the whole ledger", (): string[] => []],
    ["a code", (): string[] => ["--code", codes[0] as string]],
    ["a batch", (): string[] => ["--batch", batch]],
    ["an enterprise", (): string[] => ["--enterprise", owner]],
  ])("of %s is sound, and is recorded", async (_, args) => {
    const audit = await asJson<Record<string, unknown>>(["audit", ...args()], authorityKey);
    expect(audit).toMatchObject({ ok: true, breaks: [], record: expect.any(Number) as number });
    expect(audit["records"]).toBeGreaterThan(0);
  });

  it("is not allowed to enterprises", async () => {
    const { code, stderr } = await command(["audit"]);
    expect(code).toBe(1);
    expect(stderr).toContain("refused (403");
  });

  it("of a folder in use by a service is refused", async () => {
    const { code, stderr } = await suyuan(["audit", "--data", service.folder]);
    expect(code).toBe(1);
    expect(stderr).toContain("another process is serving the data folder");
  });

  it("of a folder without a store creates none", async () => {
    const nowhere = join(work, "nowhere");
    const { code, stderr } = await suyuan(["audit", "--data", nowhere]);
    expect(code).toBe(1);
    expect(stderr).toContain("there is no store in");
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe("backup", () => {
  it("copies the store while it is in use; the copy can be audited with the log's key alone", async () => {
    const target = join(work, "backup");
    const backup = ["backup", target, "--data", service.folder, "--without-keys"];
    const { code, stdout, stderr } = await suyuan(backup);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("The keys are not in it");
    const file = join(target, "suyuan.db");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const sound = await suyuan(["audit", "--copy", file, "--log-key", vkey]);
    expect(sound.stdout).toMatch(/^SOUND/);
    expect(sound.code).toBe(0);
    const again = await suyuan(backup);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("exists already");
  });

  it("with one byte changed fails its audit, at the changed record", async () => {
    const file = join(work, "tampered.db");
    copyFileSync(join(work, "backup", "suyuan.db"), file);
    const bytes = readFileSync(file);
    const at = bytes.indexOf(`"at":"${AT}"`);
    // Another digit than the one that the seconds end with.
    bytes[at + 24] = (bytes[at + 24] as number) ^ 1;
    writeFileSync(file, bytes);
    const broken = await suyuan(["audit", "--copy", file, "--log-key", vkey]);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/^BROKEN/);
    expect(broken.stdout).toMatch(
      /first break: leaf, at record \d+\n {4}expected {2}[0-9a-f]{64}\n {4}found {5}[0-9a-f]{64}/,
    );
  });

  it("and audit work on a folder that no service uses", async () => {
    const other = await startService();
    await other.stop();
    const target = join(work, "idle");
    expect((await suyuan(["backup", target, "--data", other.folder, "--without-keys"])).code).toBe(0);
    const audit = await suyuan(["audit", "--data", other.folder, "--json"]);
    expect(audit.code, audit.stderr).toBe(0);
    expect(JSON.parse(audit.stdout)).toMatchObject({ ok: true, record: 0 });
    rmSync(other.folder, { recursive: true, force: true });
  });
});

describe("a command called wrongly", () => {
  it.each([
    [["frobnicate"], "no command frobnicate"],
    [["scan"], "CODE is missing"],
    [["scan", "A", "B"], "one CODE only"],
    [["scan", "A", "--fast"], "Unknown option '--fast'"],
    [["trace", "--url"], "--url"],
    [["keys"], "list, create or revoke"],
    [["keys", "create"], "--label is missing"],
    [["issue"], "--output is missing"],
    [["issue", "-o", "x", "--format", "xml"], "csv, ndjson, text"],
    [["issue", "-o", "x"], "the goods are missing"],
    [["issue", "-o", "x", "--product", "p", "--quantity", "0"], "--quantity"],
    [["audit", "--code", "A", "--batch", "B"], "only one of"],
    [["audit", "--copy", "x"], "--log-key"],
    [["audit", "now"], "takes options but no words: leave out now"],
    [["backup"], "TARGET is missing"],
    [["demo", "--port", "http"], "--port"],
    [["help", "frobnicate"], "no command frobnicate"],
  ])("%j says what is wrong, with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await suyuan(args);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });

  it("says that the service does not answer", async () => {
    const { code, stderr } = await suyuan(["scan", codes[0] as string, "--url", "http://127.0.0.1:9"]);
    expect(code).toBe(1);
    expect(stderr).toContain("no answer from http://127.0.0.1:9");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("help", () => {
  it("lists every command, and describes each", async () => {
    const { code, stdout } = await suyuan(["help"]);
    expect(code).toBe(0);
    const names = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name as string);
    expect(names).toEqual([
      "serve",
      "demo",
      "keys",
      "issue",
      "scan",
      "trace",
      "bundle",
      "verify",
      "monitor",
      "witness",
      "audit",
      "backup",
      "restore",
      "rebuild",
      "log-key",
      "clock",
    ]);
    for (const name of ["issue", "audit"]) {
      const asked = await suyuan(["help", name]);
      expect(asked.code).toBe(0);
      expect(asked.stdout).toContain(`Usage: suyuan ${name}`);
      expect((await suyuan([name, "--help"])).stdout).toBe(asked.stdout);
    }
    expect((await suyuan([])).code).toBe(2);
  });
});
