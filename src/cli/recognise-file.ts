import { FETCH_AGAIN, FETCH_BUNDLE, type FileKind } from "./file-kind.ts";
import { jsonKind } from "./json-kind.ts";

const SHOWN_CHARACTERS = 60;

/** Files that their first bytes identify. */
const SIGNATURES: readonly (FileKind & { hex: string })[] = [
  {
    hex: "1f8b",
    kind: "compressed",
    is: "compressed with gzip",
    remedy: "Decompress it first, with gunzip, or fetch it again with curl --compressed.",
  },
  {
    hex: "28b52ffd",
    kind: "compressed",
    is: "compressed with zstd",
    remedy: "Decompress it first, with unzstd, or fetch it again without compression.",
  },
  {
    hex: "504b0304",
    kind: "archive",
    is: "a ZIP archive, or a spreadsheet or document stored as one",
    remedy: "Unpack it first, and verify the file inside.",
  },
  { hex: "25504446", kind: "pdf", is: "a PDF document", remedy: FETCH_BUNDLE },
  { hex: "89504e47", kind: "picture", is: "a picture (PNG)", remedy: FETCH_BUNDLE },
  { hex: "ffd8ff", kind: "picture", is: "a picture (JPEG)", remedy: FETCH_BUNDLE },
  {
    hex: "53514c69746520666f726d6174203300",
    kind: "database",
    is: "an SQLite database",
    remedy: "If it is a copy of a store, audit it: suyuan audit --copy FILE --log-key VKEY.",
  },
  {
    hex: "6167652d656e6372797074696f6e2e6f72672f",
    kind: "encrypted_keys",
    is: "encrypted in the age format, as the keys of a backup are",
    remedy: FETCH_BUNDLE,
  },
  {
    hex: "fffe",
    kind: "utf16",
    is: "text in UTF-16, as PowerShell's > writes it",
    remedy: `The bytes of a bundle must stay as they were served. ${FETCH_AGAIN}`,
  },
  {
    hex: "feff",
    kind: "utf16",
    is: "text in UTF-16",
    remedy: `The bytes of a bundle must stay as they were served. ${FETCH_AGAIN}`,
  },
  {
    hex: "efbbbf",
    kind: "byte_order_mark",
    is: "text with a byte order mark, as some editors save it",
    remedy: `The bytes of a bundle must stay as they were served. ${FETCH_AGAIN}`,
  },
];

/** Files of text that one pattern identifies, tried in this order. */
const PATTERNS: readonly (FileKind & { pattern: RegExp })[] = [
  {
    pattern: /^PRIVATE\+KEY\+/,
    kind: "signing_key",
    is: "a secret signing key",
    remedy: "Keep it secret. To verify, give the public key as --key, and the bundle as FILE.",
  },
  {
    pattern: /^sy_\S+\s*$/,
    kind: "api_key",
    is: "an API key",
    remedy: "Keep it secret. To verify, give the log's public key as --key, and the bundle as FILE.",
  },
  {
    pattern: /^\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*\s/,
    kind: "verifier_key",
    is: "a log's public key",
    remedy: "Give it as --key @FILE, and the bundle as FILE.",
  },
  {
    pattern: /^c2sp\.org\/tlog-proof@/,
    kind: "receipt",
    is: "a receipt of a record",
    remedy: "Give the record itself too: --record FILE.",
  },
  {
    pattern: /^[^\n]+\n\d+\n[A-Za-z0-9+/]{43}=\n(?:[^\n]+\n)*\n— /,
    kind: "checkpoint",
    is: "a checkpoint of a log (/log/checkpoint)",
    remedy: `A bundle contains its checkpoint. ${FETCH_BUNDLE}`,
  },
  {
    pattern: /^(?:#[^\n]*\n|\s*\n)*(?:log|witness|group|quorum) \S/,
    kind: "policy",
    is: "a trust policy (/log/policy)",
    remedy: "Give it as --policy FILE, and the bundle as FILE.",
  },
  {
    pattern: /^position,code,/,
    kind: "code_list",
    is: "a list of codes (CSV)",
    remedy:
      "A list of codes proves nothing by itself. Fetch the bundle of one code: suyuan bundle CODE -o FILE.",
  },
  {
    pattern: /^(?:[0-9A-Z]{4}-?){3}[0-9A-Z]{4}\s/,
    kind: "code_list",
    is: "a list of codes",
    remedy:
      "A list of codes proves nothing by itself. Fetch the bundle of one code: suyuan bundle CODE -o FILE.",
  },
  {
    pattern: /^[^\n,;\t]+(?:[,;\t][^\n,;\t]*)+\r?\n[^\n]*[,;\t]/,
    kind: "table",
    is: "a table (CSV)",
    remedy: FETCH_BUNDLE,
  },
];

/**
 * Recognises a file that was taken for a bundle by mistake, by its bytes alone.
 * @returns undefined for a bundle in its own format, also one that was changed: the format's checks say what is wrong
 */
export function recogniseFile(bytes: Uint8Array): FileKind | undefined {
  if (bytes.length === 0)
    return { kind: "empty", is: "empty", remedy: `The download failed or the disk was full. ${FETCH_AGAIN}` };
  const head = Buffer.from(bytes.subarray(0, 32)).toString("hex");
  const signature = SIGNATURES.find(({ hex }) => head.startsWith(hex));
  if (signature !== undefined) return withoutTest(signature);
  const text = textOf(bytes);
  if (text === undefined)
    return {
      kind: "binary",
      is: `binary data, ${bytes.length} bytes that are not text in UTF-8`,
      remedy: FETCH_AGAIN,
    };
  return textKind(text);
}

/** Undefined where the bytes are not UTF-8, or have a zero, which no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function textKind(text: string): FileKind | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "empty", is: "blank: it has white space only", remedy: FETCH_AGAIN };
  if (trimmed.startsWith("{") || trimmed.startsWith("[")) return jsonKind(text);
  if (trimmed.startsWith("<")) return markupKind(trimmed);
  const known = PATTERNS.find(({ pattern }) => pattern.test(`${trimmed}\n`));
  if (known !== undefined) return withoutTest(known);
  const [line = ""] = trimmed.split("\n", 1);
  const shown = line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
  return { kind: "text", is: `plain text that begins with ${JSON.stringify(shown)}`, remedy: FETCH_BUNDLE };
}

/** A proxy, or a page's address in place of the API's, answers with HTML. */
function markupKind(text: string): FileKind {
  if (!/^<(?:!doctype html|html|head|body)\b/i.test(text))
    return { kind: "xml", is: "XML", remedy: FETCH_BUNDLE };
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
  return {
    kind: "web_page",
    is: `a web page${title ? ` with the title ${JSON.stringify(title)}` : ""}, such as a proxy's error page`,
    remedy: `A bundle's address ends in /bundle: GET /v1/trace/CODE/bundle. ${FETCH_AGAIN}`,
  };
}

function withoutTest({ kind, is, remedy }: FileKind): FileKind {
  return { kind, is, remedy };
}
