import { invalid } from "../problem.ts";

/**
 * The facts that the check of one call may read: work that delays everybody else. 800 pallets of 51 cartons in one call
 * read 5 for each; the voyage of a container with 1,020 cartons reads 53 for each.
 */
const FACTS_A_CALL = 16_000;
/** And for each thing whose history is read: what large calls need. */
const FACTS_A_THING = 64;
/** A call of so many events is not divided, so it may read what its histories need: a correction and what replaces it. */
const INDIVISIBLE = 2;

/** Bounds what the check of one call reads: histories are judged whole. */
export class CallWork {
  private facts = 0;
  private things = 0;
  private events = 0;

  /** Call for each event of the call. */
  addEvent(): void {
    this.events += 1;
  }

  /** Call for each thing whose history is read for the first time. */
  addThing(): void {
    this.things += 1;
  }

  /** Call for each read. @throws Problem invalid_request once the call takes too much work */
  spend(facts: number): void {
    this.facts += facts;
    if (this.facts <= FACTS_A_CALL + FACTS_A_THING * this.things || this.events <= INDIVISIBLE) return;
    throw invalid(
      "events",
      "take too much work in one call",
      "fewer events of the same goods or unit in a call",
    );
  }
}
