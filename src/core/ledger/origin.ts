/**
 * The origins of a line of logs: `example.org/log`, `example.org/log/2`, `example.org/log/3`. A log restored from a
 * backup that lacks its last records takes the next origin, and keeps its old records byte for byte.
 */

const ORDINAL = /^(.+)\/([2-9]|[1-9][0-9]{1,2})$/;

interface Place {
  /** The first log's origin. */
  line: string;
  /** 1 for the first. */
  ordinal: number;
}

function placeOf(origin: string): Place {
  const [, line, ordinal] = ORDINAL.exec(origin) ?? [];
  return line === undefined ? { line: origin, ordinal: 1 } : { line, ordinal: Number(ordinal) };
}

function originAt({ line, ordinal }: Place): string {
  return ordinal === 1 ? line : `${line}/${ordinal}`;
}

/** The origin of the log that replaces `origin`, and also `latest` if that is a later log of the same line. */
export function nextOrigin(origin: string, latest = origin): string {
  const { line, ordinal } = placeOf(origin);
  const other = placeOf(latest);
  const last = other.line === line ? Math.max(ordinal, other.ordinal) : ordinal;
  return originAt({ line, ordinal: last + 1 });
}

/** The origin and the earlier origins of its line, newest first. */
export function originLine(origin: string): string[] {
  const { line, ordinal } = placeOf(origin);
  return Array.from({ length: ordinal }, (_, before) => originAt({ line, ordinal: ordinal - before }));
}
