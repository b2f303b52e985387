/** A break found by an audit. */
export interface Break {
  /** The broken rule: `canonical`, `leaf`, `root`, `chain`, `commitment`, `signature`, `derived`, … */
  rule: string;
  /** Its place: a log index, chain or batch. */
  at: string;
  expected: string;
  found: string;
}

const MAX_BREAKS = 20;

/** The breaks of an audit, in order. */
export class Findings {
  readonly breaks: Break[] = [];

  /** @returns the break; undefined where there are 20 already */
  add(rule: string, at: string, expected: string, found: string): Break | undefined {
    if (this.breaks.length >= MAX_BREAKS) return undefined;
    const broken: Break = { rule, at, expected, found };
    this.breaks.push(broken);
    return broken;
  }

  addAll({ breaks }: Findings): void {
    for (const { rule, at, expected, found } of breaks) this.add(rule, at, expected, found);
  }

  compare(rule: string, at: string, expected: unknown, found: unknown): void {
    if (expected !== found) this.add(rule, at, String(expected), String(found));
  }
}
