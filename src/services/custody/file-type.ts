/** The media types that a stored file may have. */
export const FILE_TYPES = [
  "application/pdf",
  "image/png",
  "image/jpeg",
  "application/json",
  "text/plain",
  "application/xml",
] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** First bytes of binary formats, in Latin-1. Those that are not accepted are named in refusals. */
const SIGNATURES: readonly [signature: string, type: string][] = [
  ["%PDF-", "application/pdf"],
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
  ["RIFF", "image/webp"],
  ["II*\0", "image/tiff"],
  ["MM\0*", "image/tiff"],
  ["BM", "image/bmp"],
  ["PK\x03\x04", "application/zip"],
  ["\x1f\x8b", "application/gzip"],
  ["Rar!", "application/vnd.rar"],
  ["7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"],
  ["\xd0\xcf\x11\xe0", "application/x-ole-storage"],
  ["MZ", "application/vnd.microsoft.portable-executable"],
  ["\x7fELF", "application/x-elf"],
  ["#!", "text/x-shellscript"],
];
const LONGEST_SIGNATURE = 8;
/** A text that a browser would open as a page (WHATWG MIME Sniffing, 7.1). */
const HTML = /^<(?:!doctype html|html|head|script|iframe|body|svg)[\s>]/i;
/** How much of a text is looked at for its first element. */
const HEAD_CHARACTERS = 1024;
// A text file has no control characters but tab, line breaks and form feed.
const BINARY_CHARACTERS = /[^\P{Cc}\t\n\f\r]/u;

/**
 * The media type that a file's bytes show: by signature for binary formats, by the first element for texts in UTF-8.
 * A text that is neither JSON, XML nor HTML is `text/plain`; bytes of no known form are `application/octet-stream`.
 */
export function sniffType(bytes: Uint8Array): string {
  const start = Array.from(bytes.subarray(0, LONGEST_SIGNATURE), (byte) => String.fromCharCode(byte)).join(
    "",
  );
  const binary = SIGNATURES.find(([signature]) => start.startsWith(signature));
  const text = binary !== undefined && !isPrintable(binary[0]) ? undefined : textOf(bytes);
  // "BM", "MZ" and "RIFF" may also be the first letters of a text.
  if (binary !== undefined && (text === undefined || !/^[A-Z]+$/.test(binary[0]))) return binary[1];
  return text === undefined ? "application/octet-stream" : textType(text);
}

/** Whether bytes that show type `shown` may be stored as `said`: JSON and XML are also plain text. */
export function typeAgrees(shown: string, said: FileType): boolean {
  return shown === said || (said === "text/plain" && ["application/json", "application/xml"].includes(shown));
}

function textType(text: string): string {
  const head = text.slice(0, HEAD_CHARACTERS).trimStart();
  if (HTML.test(head)) return "text/html";
  if (/^<(?:\?xml[\s?]|!--|[\p{L}_])/u.test(head))
    return HTML.test(firstElement(head)) ? "text/html" : "application/xml";
  const ends = `${head[0] ?? ""}${text.slice(-HEAD_CHARACTERS).trimEnd().at(-1) ?? ""}`;
  return ends === "{}" || ends === "[]" ? "application/json" : "text/plain";
}

/** The head from its first element on: after an XML declaration and one comment. */
function firstElement(head: string): string {
  return head.replace(/^<\?xml[^>]*>\s*/, "").replace(/^<!--(?:(?!-->)[^])*-->\s*/, "");
}

/** Undefined where the bytes are no text in UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return BINARY_CHARACTERS.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function isPrintable(signature: string): boolean {
  return /^[\x20-\x7e]+$/.test(signature);
}
