import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { expectStatus } from "./actors.ts";
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
    const name = `检验 "报告" (1)'*\r\nX-Evil: 1.pdf`;
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
    expectStatus(await send("x".repeat(5 * 1024 * 1024), "application/pdf"), 201);
    expect(expectStatus(await send("x", "text/plain", "?title=x"), 400).errors[0].field).toBe("title");
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
  });
});
