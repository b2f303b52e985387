import type { PrintedCode } from "../../services/codes/code-run.ts";

export const CODE_FORMATS = ["csv", "ndjson", "text"] as const;
export type CodeFormat = (typeof CODE_FORMATS)[number];

interface Representation {
  mediaType: string;
  extension: string;
  head: (withPins: boolean) => string;
  line: (printed: PrintedCode) => string;
}

/** The formats of codes. CSV is RFC 4180: lines end in CRLF; none of these fields needs quotes. */
export const REPRESENTATIONS: Readonly<Record<CodeFormat, Representation>> = {
  csv: {
    mediaType: "text/csv; charset=utf-8; header=present",
    extension: "csv",
    head: (withPins) => (withPins ? "position,code,url,pin\r\n" : "position,code,url\r\n"),
    line: ({ position, code, url, pin }) =>
      pin === undefined ? `${position},${code},${url}\r\n` : `${position},${code},${url},${pin}\r\n`,
  },
  ndjson: {
    mediaType: "application/x-ndjson; charset=utf-8",
    extension: "ndjson",
    head: () => "",
    line: (printed) => `${JSON.stringify(printed)}\n`,
  },
  text: {
    mediaType: "text/plain; charset=utf-8",
    extension: "txt",
    head: () => "",
    line: ({ code }) => `${code}\n`,
  },
};

/** The parts of a stream of codes: the head, then one part for each slice. */
export function* codeText(
  slices: Iterable<PrintedCode[]>,
  format: CodeFormat,
  withPins: boolean,
): Generator<string, void, undefined> {
  const { head, line } = REPRESENTATIONS[format];
  let lead = head(withPins);
  for (const slice of slices) {
    yield lead + slice.map(line).join("");
    lead = "";
  }
}
