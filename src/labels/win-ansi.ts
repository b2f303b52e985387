/**
 * The characters of WinAnsiEncoding, which PDF's standard fonts draw (ISO 32000-1, annex D.2): those of ASCII and
 * Latin-1, and 27 that Windows adds between the two.
 */
const WIN_ANSI = /^[\x20-\x7E\u00A1-\u00FF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/u;

/** Whether PDF's standard fonts can draw the whole text. */
export function isWinAnsi(text: string): boolean {
  return WIN_ANSI.test(text);
}
