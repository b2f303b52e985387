import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { storeFile } from "../../src/services/custody/files.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { authority, expectStatus } from "./actors.ts";
import { at, issue, openTrade, told, traced, type Trade } from "./trade.ts";

const PDF = "%PDF-1.7 the laboratory's report";
const DIGEST = bytesToHex(sha256(utf8ToBytes(PDF)));

let t: Trade;
beforeAll(async () => {
  t = await openTrade();
});
afterAll(() => t.h.dispose());

const send = (body: string, type: string, query = "", key = t.lab.key) =>
  t.h.call("POST", `/v1/files${query}`, { key, body, headers: { "Content-Type": type } });

/** Changes the bytes of a stored file past the service. */
function swap({ folder }: Harness, digest: string): void {
  const sqlite = new Sqlite(join(folder, "suyuan.db"));
  sqlite.prepare("UPDATE file SET bytes = ? WHERE digest = ?").run(Buffer.from("others"), digest);
  sqlite.close();
}

const sendBytes = (body: Uint8Array<ArrayBuffer>, type: string) =>
  t.h.call("POST", "/v1/files", { key: t.lab.key, body, headers: { "Content-Type": type } });

describe("a file", () => {
  it("is stored once under its digest, and fetched unchanged", async () => {
    const answer = await send(PDF, "application/pdf; version=1.7", "?name=report.pdf");
    expect(expectStatus(answer, 201)).toEqual({
      digest: DIGEST,
      mediaType: "application/pdf",
      name: "report.pdf",
      sizeBytes: PDF.length,
    });
    expectStatus(await send(PDF, "application/pdf", "?name=again.pdf", t.maker.key), 201);
    const fetched = await t.h.call("GET", `/v1/files/${DIGEST}`);
    expect(fetched).toMatchObject({ status: 200, text: PDF });
  });

  it("may have any name, without breaking a header", async () => {
    const name = `检验 "报告" (1)'* می\u200Cخواهم; X-Evil: 1.pdf`;
    const { digest } = expectStatus(
      await send("another", "text/plain", `?name=${encodeURIComponent(name)}`),
      201,
    );
    const { headers } = await t.h.call("GET", `/v1/files/${digest}`);
    const [, encoded] = /^attachment; filename\*=UTF-8''([A-Za-z0-9%._-]+)$/.exec(
      headers.get("Content-Disposition")!,
    )!;
    expect(decodeURIComponent(encoded!)).toBe(name);
    expect(headers.get("X-Evil")).toBeNull();
  });

  it("must be of an accepted media type, not empty and not too large", async () => {
    expectStatus(await send("<script>", "text/html"), 415);
    expectStatus(await send("", "application/pdf"), 400);
    expectStatus(await send("x".repeat(5 * 1024 * 1024 + 1), "application/pdf"), 413);
    expectStatus(await send("%PDF-".padEnd(5 * 1024 * 1024, "x"), "application/pdf"), 201);
    expect(expectStatus(await send("x", "text/plain", "?title=x"), 400).errors[0].field).toBe("title");
  });

  it.each([
    ["a control character", "a\r\nX-Evil: 1.pdf"],
    ["a path", "../report.pdf"],
    ["a path of Windows", "C:\\report.pdf"],
    ["a folder's name", ".."],
    ["a reversal", "report\u202Efdp.exe"],
    ["a zero-width space", "re\u200Bport.pdf"],
    ["a joiner that no letter needs", "report\u200D.pdf"],
    ["nothing to see", "\u2800\u200C"],
    ["more than 120 characters", "x".repeat(121)],
  ])("is refused under a name with %s", async (_, name) => {
    const answer = await send("another", "text/plain", `?name=${encodeURIComponent(name)}`);
    expect(expectStatus(answer, 400).errors[0].field).toBe("name");
  });

  it.each([
    ["application/pdf", "\x89PNG\r\n\x1a\n", "image/png"],
    ["application/pdf", "<html><script>", "text/html"],
    ["application/pdf", "a text", "text/plain"],
    ["image/png", "%PDF-1.7", "application/pdf"],
    ["image/jpeg", "MZ\x90\0", "application/vnd.microsoft.portable-executable"],
    ["text/plain", "%PDF-1.7", "application/pdf"],
    ["text/plain", "<!DOCTYPE html><p>", "text/html"],
    ["text/plain", "PK\x03\x04\0", "application/zip"],
    ["text/plain", "\xff\xfe\0\0", "application/octet-stream"],
    ["application/json", "<report/>", "application/xml"],
    ["application/xml", '{"a":1}', "application/json"],
    ["application/xml", "<?xml version='1.0'?> <html xmlns='x'>", "text/html"],
  ])("said to be %s is refused with the content %j", async (said, content, shown) => {
    const body = Uint8Array.from(content, (character) => character.charCodeAt(0));
    const problem = expectStatus(await sendBytes(body, said), 415);
    for (const word of [said, shown]) expect(problem.detail).toContain(word);
  });

  it.each([
    ["image/png", "\x89PNG\r\n\x1a\n\0"],
    ["image/jpeg", "\xff\xd8\xff\xe0"],
    ["application/json", ' {"a": [1]}\n'],
    ["text/plain", '{"a": [1]}'],
    ["text/plain", "BMW X5\tMZ"],
    ["text/plain", "\xe6\xa3\x80\xe9\xaa\x8c"],
    ["application/xml", "\xef\xbb\xbf<?xml version='1.0'?><!-- a --><report/>"],
  ])("said to be %s is stored with the content %j", async (said, content) => {
    const body = Uint8Array.from(content, (character) => character.charCodeAt(0));
    expect(expectStatus(await sendBytes(body, said), 201).mediaType).toBe(said);
  });

  it("has the name that each uploader gave it, and a stranger's name stands for nobody else's", async () => {
    const body = "%PDF-1.7 of the maker and the laboratory";
    const { digest } = expectStatus(
      await send(body, "application/pdf", "?name=FAKE.pdf", t.stranger.key),
      201,
    );
    const fetched = async (key?: string, query = ""): Promise<string> => {
      const answer = await t.h.call("GET", `/v1/files/${digest}${query}`, key ? { key } : {});
      expect(answer).toMatchObject({ status: 200, text: body });
      return decodeURIComponent(answer.headers.get("Content-Disposition")!.split("''")[1]!);
    };
    expect(await fetched()).toBe("FAKE.pdf");
    expectStatus(await send(body, "application/pdf", "?name=mine.pdf", t.maker.key), 201);
    expect(await fetched()).toBe(digest);
    expectStatus(await send(body, "application/pdf", "?name=report.pdf"), 201);
    expect(await fetched()).toBe("report.pdf");
    expect(await fetched(t.lab.key)).toBe("report.pdf");
    expect(await fetched(t.maker.key)).toBe("mine.pdf");
    expect(await fetched(t.stranger.key)).toBe("FAKE.pdf");
    expect(await fetched(undefined, `?by=${t.maker.id}`)).toBe("mine.pdf");
    expectStatus(await t.h.call("GET", `/v1/files/${digest}?by=${t.carrier.id}`), 404);
  });

  it("can be stored by reporters, and read by anybody who has its digest", async () => {
    expectStatus(await send(PDF, "application/pdf", "", t.h.operatorKey), 403);
    expectStatus(await t.h.call("POST", "/v1/files", { body: PDF }), 401);
    expectStatus(await t.h.call("GET", `/v1/files/${"0".repeat(64)}`), 404);
    const none = expectStatus(await t.h.call("GET", "/v1/files/none"), 400);
    expect(none.errors[0].field).toBe("digest");
  });

  it("that a laboratory reports is in the journey as a third party's report", async () => {
    const batch = await issue(t, 4);
    const report = {
      title: "Moisture and melamine",
      number: "LAB-0001",
      result: "conformant",
      standard: "GB 10765-2021",
      digest: DIGEST,
    };
    await told(t, t.lab, {
      kind: "reporting",
      at: at(3),
      subjects: [{ batch: batch.id }],
      reports: [report],
    });
    const { steps } = await traced(t, batch.codes[2]!);
    expect(steps[0]).toMatchObject({ kind: "reporting", by: { role: "assessor" }, reports: [report] });
    const audited = async (scope: object) =>
      expectStatus(await t.h.call("POST", "/v1/audits", { key: t.officer.key, body: { scope } }), 201);
    const scopes = [{ batch: batch.id }, { code: batch.codes[2] }, { ledger: true }];
    for (const scope of scopes) expect(await audited(scope)).toMatchObject({ ok: true, breaks: [] });
    swap(t.h, DIGEST);
    for (const scope of scopes)
      expect(await audited(scope)).toMatchObject({
        ok: false,
        breaks: [{ rule: "file_differs", at: `stored file ${DIGEST}` }],
      });
  });
});

describe("a stored file whose bytes changed", () => {
  let h: Harness;
  beforeEach(() => (h = makeHarness({ SUYUAN_FILE_QUOTA_MB: "1" })));
  afterEach(() => h.dispose());

  const stored = async (body: string, organisation = "lab_1") => {
    const caller = { role: "assessor", organisation, key: "key_1" } as const;
    return storeFile(h.service, caller, new TextEncoder().encode(body), "text/plain", "a.txt");
  };
  it("is never served, is named to the operator once and by the audit, and is repaired by the same upload", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { digest } = await stored("a report");
    await stored("another report");
    swap(h, digest);
    for (let i = 0; i < 3; i++) {
      const problem = expectStatus(await h.call("GET", `/v1/files/${digest}`), 503);
      expect(problem).toMatchObject({ type: "/problems/damaged" });
      expect(problem.detail).toContain(digest);
    }
    expect(errors.mock.calls.flat().filter((line) => String(line).includes(digest))).toHaveLength(1);
    errors.mockRestore();
    expect(h.service.integrity.status()).toMatchObject({ ok: false });
    expect(h.service.integrity.status().problem).toContain(digest);
    const officer = await authority(h);
    const audited = expectStatus(
      await h.call("POST", "/v1/audits", { key: officer.key, body: { scope: { ledger: true } } }),
      201,
    );
    const other = bytesToHex(sha256(utf8ToBytes("others")));
    expect(audited).toMatchObject({
      ok: false,
      breaks: [{ rule: "file_differs", at: `stored file ${digest}`, expected: digest, found: other }],
    });
    await stored("a report");
    expect(await h.call("GET", `/v1/files/${digest}`)).toMatchObject({ status: 200, text: "a report" });
    expect(h.service.integrity.status()).toEqual({ ok: true });
  });

  it("counts against the quota of each organisation that stores it, once", async () => {
    const half = "x".repeat(512 * 1024);
    await stored(half);
    await stored(half);
    await stored(`y${half.slice(1)}`);
    await expect(stored("z")).rejects.toMatchObject({ type: "quota_exceeded" });
    await expect(stored("z")).rejects.toThrow(/1048577 bytes.*1048576.*SUYUAN_FILE_QUOTA_MB/);
    await stored(half);
    await stored("z", "lab_2");
    expect(h.service.store.service.fileUsage("lab_1")).toBe(2 ** 20);
  });
});
