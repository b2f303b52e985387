/**
 * UTF-8 held in a string, one character a byte: JavaScript engines keep it in a byte a character, join it without looking
 * at it and write it to a socket by copying. A text with Chinese in it is two bytes a character and must be encoded at
 * each answer, which costs more than the scan.
 */
export function byteText(text: string): string {
  // Nearly all that is asked is ASCII, which is its own UTF-8.
  if (!/[^\0-\x7f]/.test(text)) return text;
  const bytes = encoder.encode(text);
  let joined = "";
  // Many at once: a string put together from single characters is a chain of as many, followed at each answer.
  for (let at = 0; at < bytes.length; at += AT_ONCE)
    joined += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return joined;
}

/** The bytes that a byte text stands for. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The text that was made a byte text. */
export function textOf(bytes: string): string {
  return decoder.decode(bytesOf(bytes));
}

/** Arguments of one call, well below any engine's limit. */
const AT_ONCE = 8192;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
