import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { recogniseFile } from "../../src/cli/recognise-file.ts";

const ENCODER = new TextEncoder();
const PROBLEM = {
  type: "/problems/not_found",
  title: "Not found",
  status: 404,
  detail: "there is no code 45VF-V6GS-11R1-9J3B",
  remedy: "Check the id.",
  instance: "req_1",
};
/** The beginning of a bundle as the service sends it: canonical JSON, so its fields are sorted. */
const BUNDLE =
  '{"batch":{"blind":"00","id":"bat_one","path":[],"position":0},"chains":[],"checkpoint":"c","code":"C",' +
  '"entries":[],"format":"suyuan/bundle@1","origin":"o","proof":[],"records":[],"units":[]}\n';
const HASH = Buffer.alloc(32, 1).toString("base64");
const CHECKPOINT = `trace.example.org/log\n5\n${HASH}\n\n— trace.example.org/log AAAAAAAA\n`;

const of = (content: string | Uint8Array): ReturnType<typeof recogniseFile> =>
  recogniseFile(typeof content === "string" ? ENCODER.encode(content) : content);
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

describe("a file that is no bundle", () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ["empty", "", /^empty$/],
    ["empty", " \r\n\n", /white space only/],
    [
      "error_answer",
      JSON.stringify(PROBLEM),
      /error answer of the service: not_found \(404\) — there is no code/,
    ],
    ["error_answer", JSON.stringify(PROBLEM, null, 2), /not_found \(404\) — .* — Check the id$/],
    ["error_answer", '{"type":"about:blank","title":"Bad Gateway","status":502}', /Bad Gateway \(502\)$/],
    ["error_answer", '{"error":"upstream timed out"}', /upstream timed out/],
    ["error_answer", '{"status":503,"message":"no healthy upstream"}', /no healthy upstream/],
    [
      "web_page",
      "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>",
      /502 Bad Gateway/,
    ],
    ["web_page", "<html lang=en><body>hello</body></html>", /a web page, such as a proxy/],
    ["xml", '<?xml version="1.0"?><Error/>', /^XML$/],
    ["compressed", new Uint8Array(gzipSync(BUNDLE)), /gzip/],
    ["compressed", bytes("28b52ffd00"), /zstd/],
    ["archive", bytes("504b030414000000"), /ZIP/],
    ["pdf", "%PDF-1.7\n", /PDF/],
    ["picture", bytes("89504e470d0a1a0a"), /PNG/],
    ["picture", bytes("ffd8ffe0"), /JPEG/],
    ["database", "SQLite format 3\0rest", /SQLite/],
    ["encrypted_keys", "age-encryption.org/v1\n-> scrypt x 18\n", /age format/],
    ["utf16", new Uint8Array(Buffer.from(`\ufeff${BUNDLE}`, "utf16le")), /UTF-16, as PowerShell/],
    ["byte_order_mark", `\ufeff${BUNDLE}`, /byte order mark/],
    ["binary", bytes("00010203"), /4 bytes that are not text/],
    ["binary", bytes("c3c3c3"), /3 bytes that are not text/],
    ["code_list", "position,code,url\r\n0,45VFV6GS11R19J3B,HTTPS://X/01\r\n", /list of codes \(CSV\)/],
    [
      "code_list",
      '{"position":0,"code":"45VFV6GS11R19J3B"}\n{"position":1,"code":"45VFV6GS11R19J3C"}\n',
      /JSON lines/,
    ],
    ["code_list", "45VFV6GS11R19J3B\n45VFV6GS11R19J3C\n", /^a list of codes$/],
    ["table", "lot;country\nL1;NZ\n", /table/],
    ["checkpoint", CHECKPOINT, /checkpoint of a log/],
    ["receipt", `c2sp.org/tlog-proof@v1\nindex 3\n\n${CHECKPOINT}`, /receipt/],
    ["policy", "# ours\n\nlog example.org/log+00000000+AQ\nquorum none\n", /trust policy/],
    [
      "verifier_key",
      "trace.example.org/log+dbb1a784+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs\n",
      /public key/,
    ],
    ["signing_key", "PRIVATE+KEY+trace.example.org/log+dbb1a784+AQID", /secret signing key/],
    ["api_key", "sy_abc_def\n", /^an API key$/],
    ["bundle_version", BUNDLE.replace("bundle@1", "bundle@0"), /another version: suyuan\/bundle@0/],
    ["other_format", '{"format":"suyuan/backup@1","size":1}', /manifest of a backup/],
    [
      "other_format",
      '{"format":"suyuan/monitor@1","checkpoint":"c"}\n["aa",1,2]\n',
      /state of suyuan monitor/,
    ],
    ["other_format", '{"format":"epcis"}', /format "epcis"/],
    ["reformatted_bundle", JSON.stringify(JSON.parse(BUNDLE), null, 2), /reformatted/],
    ["truncated", BUNDLE.slice(0, 60), /the beginning of a bundle: it ends after 60 characters/],
    ["truncated", BUNDLE.slice(0, -3), /the beginning of a bundle/],
    ["truncated", '{"names":["a', /JSON that is cut short/],
    [
      "record",
      '{"v":1,"recorded":"2026-01-01T00:00:00.000Z","chains":[],"statement":{}}',
      /record without its receipt/,
    ],
    ["trace", '{"code":"C","position":0,"steps":[]}', /journey of a code without its proofs/],
    ["scan", '{"verdict":"genuine","code":"C"}', /answer to a scan/],
    ["json", '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}', /fields a, b, c, d, e, f and 1 more$/],
    ["json", "{}", /empty JSON object/],
    ["json", "[1,2]", /list of 2/],
    ["json_lines", '{"batch":{}}\n{"batch":{}}\n', /several JSON documents/],
    ["text", "{ this is not JSON }", /not JSON/],
    ["text", `hello ${"x".repeat(100)}`, /begins with "hello x{54}…"$/],
  ])("is recognised: %s of %j", (kind, content, is) => {
    const found = of(content);
    expect(found?.kind).toBe(kind);
    expect(found?.is).toMatch(is);
    expect(found?.remedy).toMatch(/\.$/);
  });

  it("shows no secret of a key file", () => {
    expect(JSON.stringify(of("PRIVATE+KEY+trace.example.org/log+dbb1a784+AQID"))).not.toContain("AQID");
    expect(JSON.stringify(of("sy_abc_def\n"))).not.toContain("abc");
  });
});

it("a bundle, also a changed one, is left to the checks of the format", () => {
  expect(of(BUNDLE)).toBeUndefined();
  expect(of(`${BUNDLE}\n`)).toBeUndefined();
  expect(of(BUNDLE.replace('"id":', '"ID":'))).toBeUndefined();
  expect(of(BUNDLE.replace('"path":[]', '"path":]['))).toBeUndefined();
});
