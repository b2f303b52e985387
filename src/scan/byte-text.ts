/**
 * UTF-8 in a string of one character per byte. JavaScript engines store it in one byte per character, join it cheaply and
 * write it to a socket by copying. A text with Chinese takes two bytes per character and must be encoded for each answer,
 * which costs more than the scan.
 */
export function byteText(text: string): string {
  // Nearly all text is ASCII, which needs no encoding.
  if (!/[^\0-\x7f]/.test(text)) return text;
  const bytes = encoder.encode(text);
  let joined = "";
  // In large pieces: a string joined from single characters is a long chain that each answer would walk.
  for (let at = 0; at < bytes.length; at += AT_ONCE)
    joined += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return joined;
}

/** The bytes of a byte text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The text of a byte text. */
export function textOf(bytes: string): string {
  return decoder.decode(bytesOf(bytes));
}

/** Arguments of one call, far below the limit of any engine. */
const AT_ONCE = 8192;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
