import { ALPHABET } from "../../core/code/alphabet.ts";
import { checkCharacter } from "../../core/code/check.ts";
import type { Client } from "../client.ts";
import { CommandFailed } from "../command.ts";
import type { ScanAnswer } from "../scan.ts";

export type Verdict = ScanAnswer["verdict"];

/** One scan to be made: what the label says, where the phone is, and the verdict that must come. */
export interface PlannedScan {
  code: string;
  /** The GTIN in the label's link; null for a short link, absent for a typed code. */
  gtin?: string | null;
  region: string;
  expected: Verdict;
}

/** Phones that scan at the same time. */
const PHONES = 24;

/** Makes scans and counts their verdicts. */
export class Scanner {
  total = 0;
  readonly verdicts: Record<Verdict, number> = {
    genuine: 0,
    not_activated: 0,
    suspicious: 0,
    recalled: 0,
    void: 0,
    unknown: 0,
    mistyped: 0,
  };
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /**
   * Makes runs of scans: those of a run one after another, runs beside each other.
   * @throws CommandFailed at the first verdict that is not as expected
   */
  async make(runs: PlannedScan[][]): Promise<void> {
    const waiting = runs[Symbol.iterator]();
    const phone = async (): Promise<void> => {
      for (const run of waiting) for (const planned of run) await this.one(planned);
    };
    await Promise.all(Array.from({ length: PHONES }, phone));
  }

  async one({ code, gtin, region, expected }: PlannedScan): Promise<ScanAnswer> {
    const headers = { "X-Suyuan-Region": region };
    const answer = await this.client.call<ScanAnswer>("GET", pathOf(code, gtin), { headers });
    this.total += 1;
    this.verdicts[answer.verdict] += 1;
    if (answer.verdict !== expected)
      throw new CommandFailed(
        `a scan of ${code} said ${answer.verdict}, not ${expected}: ${JSON.stringify(answer)}`,
      );
    return answer;
  }
}

/** The path on a label: a GS1 Digital Link, a short link, or what a person types. */
function pathOf(code: string, gtin?: string | null): string {
  if (gtin === undefined) return `/v1/scan/${encodeURIComponent(code)}`;
  return gtin === null ? `/T/${code}` : `/01/${gtin}/21/${code}`;
}

/** A code as a forger makes it up: any 15 characters, with the right check character after them. */
export function forged(): string {
  const values = crypto.getRandomValues(new Uint8Array(15));
  const body = Array.from(values, (value) => ALPHABET.charAt(value & 31)).join("");
  return body + checkCharacter(body);
}

/** A code with one character misread, as people type it; which one follows from `n`. */
export function misread(code: string, n: number): string {
  const place = n % code.length;
  const value = ALPHABET.indexOf(code.charAt(place));
  return code.slice(0, place) + ALPHABET.charAt((value + 1 + (n % 31)) % 32) + code.slice(place + 1);
}
