import { groupCode } from "../core/code/alphabet.ts";
import type { FoundAnswer, ScanAnswer } from "./answer.ts";
import { byteText } from "./byte-text.ts";

/** Where the page of an answer is: the same path as on the label, in its plainest spelling. */
export function pagePath(answer: ScanAnswer): string {
  if (answer.verdict === "mistyped") return "/";
  if (answer.verdict === "unknown") return `/T/${answer.code}`;
  const { gtin } = answer.placed.batch;
  return gtin === null ? `/T/${answer.code}` : `/01/${gtin}/21/${answer.code}`;
}

/**
 * An answer as JSON, its batch's part ready-made; a byte text (byte-text.ts). Written by hand: it is a third of the cost
 * of a scan otherwise. The tests hold it to the schema in the API's document.
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
    `{"verdict":"${answer.verdict}",${reason}${code},${answer.factsJson},${scansJson(answer)},${recall}` +
    `${links},"trace":"/v1/trace/${answer.code}"}}`
  );
}

function scansJson({ scans }: FoundAnswer): string {
  const { count, first, repeated } = scans;
  const firstJson = first === null ? "null" : `{"at":"${timeText(first.atMs)}","region":"${first.region}"}`;
  return `"scans":{"count":${count},"first":${firstJson},"repeated":${repeated}}`;
}

let lastMs = Number.NaN;
let lastText = "";

/** RFC 3339. Most first scans are of this very second: the last text mostly serves again. */
function timeText(atMs: number): string {
  if (atMs !== lastMs) {
    lastMs = atMs;
    lastText = new Date(atMs).toISOString();
  }
  return lastText;
}
