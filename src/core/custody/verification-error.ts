/** A rule that a shown record breaks, for the person who reads the refusal. */
export interface BrokenRule {
  rule: string;
  /** Log index of the record; absent where the rule is about the whole file. */
  record?: number;
  expected: string;
  found: string;
}

/** The bundle does not prove its claim; the message has the expected and the found value. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
  /** Absent where the fault is of the file's form or hashes, not of a rule. */
  readonly broken: BrokenRule | undefined;

  constructor(message: string, broken?: BrokenRule) {
    super(message);
    this.broken = broken;
  }
}

/** Refuses a bundle. */
export function fail(message: string): never {
  throw new VerificationError(message);
}

/** Refuses a bundle for a rule that it breaks. */
export function failRule(broken: BrokenRule): never {
  const { rule, record, expected, found } = broken;
  const where = record === undefined ? "the bundle" : `record ${record}`;
  throw new VerificationError(
    `${where} breaks the rule ${rule}: expected ${expected}; found ${found}`,
    broken,
  );
}

/** Refuses a bundle where two values differ. */
export function equal(what: string, expected: string | null, found: string | null): void {
  if (expected !== found) fail(`${what}: expected ${expected}, found ${found}`);
}
