import { groupCode } from "../core/code/alphabet.ts";
import type { Caution, FoundAnswer, ScanAnswer } from "./answer.ts";
import { byteText } from "./byte-text.ts";

/** The path of the page of an answer: the path on the label in its canonical spelling. */
export function pagePath(answer: ScanAnswer): string {
  if (answer.verdict === "mistyped") return "/";
  if (answer.verdict === "unknown") return `/T/${answer.code}`;
  const { gtin } = answer.placed.batch;
  return gtin === null ? `/T/${answer.code}` : `/01/${gtin}/21/${answer.code}`;
}

/**
 * An answer as JSON, in a byte text (byte-text.ts). The batch's part is formatted once. Concatenated by hand: JSON.stringify
 * is a third of the cost of a scan. Tests check it against the schema in the OpenAPI document.
 */
export function answerJson(answer: ScanAnswer): string {
  const links = `"links":{"page":"${pagePath(answer)}"`;
  if (answer.verdict === "mistyped") {
    const position = answer.position === undefined ? "" : `,"position":${answer.position}`;
    return `{"verdict":"mistyped","reason":"${answer.reason}"${position},${links}}}`;
  }
  const code = `"code":"${groupCode(answer.code)}"`;
  if (answer.verdict === "unknown") return `{"verdict":"unknown",${code},${links}}}`;
  const reason = answer.reason === undefined ? "" : `"reason":"${answer.reason}",`;
  const recall = answer.recall === undefined ? "" : `"recall":${byteText(JSON.stringify(answer.recall))},`;
  return (
    `{"verdict":"${answer.verdict}",${reason}${code},${answer.factsJson},${scansJson(answer)},${cautionsJson(answer.cautions)}${recall}` +
    `${links},"trace":"/v1/trace/${answer.code}"}}`
  );
}

function scansJson({ scans }: FoundAnswer): string {
  const { count, first, repeated } = scans;
  const firstJson = first === null ? "null" : `{"at":"${timeText(first.atMs)}","region":"${first.region}"}`;
  return `"scans":{"count":${count},"first":${firstJson},"repeated":${repeated}}`;
}

function cautionsJson(cautions: readonly Caution[] | undefined): string {
  if (cautions === undefined) return "";
  const list = cautions.map(({ kind, countries, networks, sinceMs, hours }) =>
    JSON.stringify({ kind, countries, networks, since: timeText(sinceMs), hours }),
  );
  return `"cautions":[${list.join(",")}],`;
}

let lastMs = Number.NaN;
let lastText = "";

/** RFC 3339. Most first scans happen in the current second, so the last text is reused. */
function timeText(atMs: number): string {
  if (atMs !== lastMs) {
    lastMs = atMs;
    lastText = new Date(atMs).toISOString();
  }
  return lastText;
}
