import { qrMatrix, QUIET_ZONE_MODULES } from "../../labels/qr.ts";

const RESET = "\u001B[0m";
/** Scanners need dark on light, whatever colours the terminal has. */
const BLACK_ON_WHITE = "\u001B[30;107m";

/**
 * A QR symbol in half blocks, two rows of modules to a line. With `colours`, dark modules are black on white. Without,
 * light modules are drawn: right on a dark background, and most scanners read the inverse too.
 */
export function qrLines(link: string, colours: boolean): string[] {
  const { size, bits } = qrMatrix(link);
  const quiet = colours ? QUIET_ZONE_MODULES : 2;
  const drawn = (x: number, y: number): boolean => bits(x, y) === colours;
  const lines: string[] = [];
  for (let y = -quiet; y < size + quiet; y += 2) {
    let line = "";
    for (let x = -quiet; x < size + quiet; x++)
      line += block(drawn(x, y), y + 1 < size + quiet && drawn(x, y + 1));
    lines.push(colours ? `${BLACK_ON_WHITE}${line}${RESET}` : line);
  }
  return lines;
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}
