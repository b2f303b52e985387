import { ALPHABET } from "../../core/code/alphabet.ts";
import { checkCharacter } from "../../core/code/check.ts";
import type { Client } from "../client.ts";
import { CommandFailed } from "../command.ts";
import type { ScanAnswer } from "../scan.ts";

export type Verdict = ScanAnswer["verdict"];

/** One planned scan: the label, the phone's region, and the verdict that must come. */
export interface PlannedScan {
  code: string;
  /** The GTIN in the label's link; null for a short link, absent for a typed code. */
  gtin?: string | null;
  region: string;
  expected: Verdict;
}

/** How many phones scan at the same time. */
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
  private readonly answered: (scans: number) => void;

  /** @param answered called after each answer, with the scans so far */
  constructor(client: Client, answered: (scans: number) => void) {
    this.client = client;
    this.answered = answered;
  }

  /**
   * Makes runs of scans: those of one run in order, several runs at a time.
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
    this.answered(this.total);
    if (answer.verdict !== expected)
      throw new CommandFailed(
        `a scan of ${code} said ${answer.verdict}, not ${expected}: ${JSON.stringify(answer)}`,
      );
    return answer;
  }
}

/** The path of a scan: the label's GS1 Digital Link, its short link, or the API for a typed code. */
function pathOf(code: string, gtin?: string | null): string {
  if (gtin === undefined) return `/v1/scan/${encodeURIComponent(code)}`;
  return gtin === null ? `/T/${code}` : `/01/${gtin}/21/${code}`;
}

/** An invented code: any 15 characters, followed by the right check character. */
export function forged(): string {
  const values = crypto.getRandomValues(new Uint8Array(15));
  const body = Array.from(values, (value) => ALPHABET.charAt(value & 31)).join("");
  return body + checkCharacter(body);
}

/** A code with one character misread, as people type it. `n` decides which one. */
export function misread(code: string, n: number): string {
  const place = n % code.length;
  const value = ALPHABET.indexOf(code.charAt(place));
  return code.slice(0, place) + ALPHABET.charAt((value + 1 + (n % 31)) % 32) + code.slice(place + 1);
}
