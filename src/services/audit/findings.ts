/** Something found that is not as it must be, and where. */
export interface Break {
  /** Which rule: `canonical`, `leaf`, `root`, `chain`, `commitment`, `signature`, `derived`, … */
  rule: string;
  /** The log index it is at, or the chain or batch. */
  at: string;
  expected: string;
  found: string;
}

const MAX_BREAKS = 20;

/** What an audit found, the first first. */
export class Findings {
  readonly breaks: Break[] = [];

  add(rule: string, at: string, expected: string, found: string): void {
    if (this.breaks.length < MAX_BREAKS) this.breaks.push({ rule, at, expected, found });
  }

  addAll({ breaks }: Findings): void {
    for (const { rule, at, expected, found } of breaks) this.add(rule, at, expected, found);
  }

  compare(rule: string, at: string, expected: unknown, found: unknown): void {
    if (expected !== found) this.add(rule, at, String(expected), String(found));
  }
}
