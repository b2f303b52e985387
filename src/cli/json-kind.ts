import { BUNDLE_FORMAT } from "../core/ledger/bundle.ts";
import { FETCH_AGAIN, FETCH_BUNDLE, type FileKind } from "./file-kind.ts";

/** The first field of every bundle: its fields are sorted. */
const BUNDLE_START = '{"batch":{';
const PROBLEM_TYPE = /\/problems\/([a-z_]+)$/;
const SHOWN_NAMES = 6;

type Fields = Readonly<Record<string, unknown>>;

/** Answers of the service that are no bundle, by fields that only they have, tried in this order. */
const ANSWERS: readonly (FileKind & { has: readonly string[] })[] = [
  {
    has: ["recorded", "statement"],
    kind: "record",
    is: "a record without its receipt",
    remedy: "Fetch its receipt (GET /v1/records/INDEX/receipt) as FILE, and give the record as --record.",
  },
  {
    has: ["verdict"],
    kind: "scan",
    is: "the answer to a scan, which has no proofs",
    remedy: FETCH_BUNDLE,
  },
  {
    has: ["steps", "code"],
    kind: "trace",
    is: "the journey of a code without its proofs",
    remedy: FETCH_BUNDLE,
  },
  {
    has: ["position", "code"],
    kind: "code_list",
    is: "a list of codes (JSON lines)",
    remedy: FETCH_BUNDLE,
  },
];

/** What text is that begins with `{` or `[`; undefined for a bundle, also a changed one. */
export function jsonKind(text: string): FileKind | undefined {
  const value = parse(text);
  if (value !== undefined) return isFields(value) ? objectKind(value, text) : otherJson(value);
  const [line = "", ...more] = text.split("\n");
  const first = more.some((one) => one.trim() !== "") ? parse(line) : undefined;
  if (isFields(first)) return objectKind(first, line) ?? linesKind();
  if (isCutShort(text)) return cutShort(text);
  if (text.startsWith(BUNDLE_START)) return undefined;
  return { kind: "text", is: "text that is not JSON, although it begins as JSON does", remedy: FETCH_BUNDLE };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectKind(fields: Fields, text: string): FileKind | undefined {
  const { format } = fields;
  if (format === BUNDLE_FORMAT) return reformatted(text);
  if (typeof format === "string") return ofFormat(format);
  if (text.startsWith(BUNDLE_START)) return undefined;
  const problem = problemText(fields);
  if (problem !== undefined)
    return {
      kind: "error_answer",
      is: `an error answer of the service: ${problem}`,
      remedy: FETCH_AGAIN,
    };
  const answer = ANSWERS.find(({ has }) => has.every((name) => Object.hasOwn(fields, name)));
  if (answer !== undefined) return { kind: answer.kind, is: answer.is, remedy: answer.remedy };
  const names = Object.keys(fields);
  const further = names.length - SHOWN_NAMES;
  const shown = names.slice(0, SHOWN_NAMES).join(", ") + (further > 0 ? ` and ${further} more` : "");
  return {
    kind: "json",
    is: names.length === 0 ? "an empty JSON object" : `JSON with the fields ${shown}`,
    remedy: FETCH_BUNDLE,
  };
}

/** A problem document (RFC 9457) in one line, or the error of a proxy that answers in JSON. */
function problemText({ type, title, status, detail, remedy, error, message }: Fields): string | undefined {
  if (typeof title === "string" && (typeof status === "number" || typeof type === "string")) {
    const name = PROBLEM_TYPE.exec(typeof type === "string" ? type : "")?.[1] ?? title;
    const number = typeof status === "number" ? ` (${status})` : "";
    const sentences = [detail, remedy].filter((part) => typeof part === "string" && part !== "");
    return [name + number, ...sentences].join(" — ").replace(/\.$/, "");
  }
  const reason = typeof error === "string" ? error : message;
  return typeof reason === "string" && (error !== undefined || status !== undefined) ? reason : undefined;
}

/** White space outside strings is the mark of a formatter: a bundle as served has none. */
function reformatted(text: string): FileKind | undefined {
  if (!/^\s*\{\s|^\s+\{|,\s*\n\s*"/.test(text)) return undefined;
  return {
    kind: "reformatted_bundle",
    is: "a bundle whose text was reformatted, as jq and editors do",
    remedy: `The bytes of a bundle must stay as they were served. ${FETCH_AGAIN}`,
  };
}

function ofFormat(format: string): FileKind {
  if (format.startsWith("suyuan/bundle@"))
    return {
      kind: "bundle_version",
      is: `a bundle of another version: ${format}, and this program reads ${BUNDLE_FORMAT}`,
      remedy: "Fetch the bundle again, or verify it with the version of Suyuan that made it.",
    };
  const known: Readonly<Record<string, string>> = {
    "suyuan/backup@1": "the manifest of a backup",
    "suyuan/monitor@1": "the state of suyuan monitor",
  };
  return {
    kind: "other_format",
    is: known[format] ?? `JSON of the format ${JSON.stringify(format)}`,
    remedy: FETCH_BUNDLE,
  };
}

function linesKind(): FileKind {
  return { kind: "json_lines", is: "several JSON documents, one a line", remedy: FETCH_BUNDLE };
}

function otherJson(value: unknown): FileKind {
  const is = Array.isArray(value) ? `a JSON list of ${value.length}` : "a JSON value";
  return { kind: "json", is, remedy: FETCH_BUNDLE };
}

function cutShort(text: string): FileKind {
  const bundle = text.startsWith(BUNDLE_START);
  return {
    kind: "truncated",
    is: `${bundle ? "the beginning of a bundle" : "JSON that is cut short"}: it ends after ${text.length} characters, inside a JSON value`,
    remedy: `The download was interrupted or the disk was full. ${FETCH_AGAIN}`,
  };
}

/** Whether JSON text ends inside a string, object or list. */
function isCutShort(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "{" || character === "[")) depth++;
    else if (!quoted && (character === "}" || character === "]")) depth--;
  }
  return quoted || depth > 0;
}
