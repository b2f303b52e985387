/** Whether the stored data agrees with what was signed, as far as it was checked. */
export interface IntegrityStatus {
  ok: boolean;
  /** Each damaged place and what is wrong there; absent where nothing is. */
  problem?: string;
}

/** Places that are kept; further ones are counted. An attacker of the disk can damage any number. */
const MOST_PLACES = 20;

/**
 * The damage found in stored data: by reads of files, by proofs that do not fit, by the sweep. Each place is reported to
 * the operator once.
 */
export class Integrity {
  private readonly report: (message: string) => void;
  private readonly places = new Map<string, string>();
  private more = 0;
  private suspected: () => void = () => undefined;

  /** @param report notifies the operator, with one line */
  constructor(report: (message: string) => void) {
    this.report = report;
  }

  /**
   * Notes damage.
   * @param place what is damaged, such as `record 42`
   * @param what what is wrong there
   */
  damaged(place: string, what: string): void {
    if (this.places.has(place)) return;
    if (this.places.size >= MOST_PLACES) {
      this.more += 1;
      return;
    }
    this.places.set(place, what);
    this.report(`${place} is damaged: ${what}. Run \`suyuan audit\`, and restore a backup`);
  }

  /** Sets what looks for the damaged place when a proof fails: the proof's hashes cover the whole log. */
  onSuspicion(suspected: () => void): void {
    this.suspected = suspected;
  }

  /** Notes that a proof does not lead to the signed root. The first is reported; the search names the places. */
  proofFailed(which: string): void {
    this.damaged("the stored log", `${which}. A check of every record names the damaged ones`);
    this.suspected();
  }

  /** Forgets the damage of a place that was written again. */
  repaired(place: string): void {
    this.places.delete(place);
  }

  status(): IntegrityStatus {
    if (this.places.size === 0) return { ok: true };
    const listed = [...this.places].map(([place, what]) => `${place}: ${what}`).join("; ");
    return { ok: false, problem: this.more > 0 ? `${listed}; and ${this.more} more` : listed };
  }
}
