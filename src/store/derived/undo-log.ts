/** A list that only grows within a transaction: taking back is cutting it. */
interface Growing {
  readonly size: number;
  cutTo(size: number): void;
  /** Called once its entries are committed. */
  settled?(): void;
}

/** The place to return to with `undoTo`. */
export interface Mark {
  steps: number;
  sizes: number[];
}

/** A map whose values can be set back. */
interface Restoring {
  /** @param before undefined where the key had no value */
  restore(key: string | number, before: unknown): void;
}

/** The steps that take back the changes in memory of one transaction, newest last. */
export class UndoLog {
  /** Functions, and changed values as three entries: the value before, the key, the map. An object for each costs more. */
  private steps: unknown[] = [];
  private readonly growing: Growing[] = [];

  /** Adds a list that is cut where changes are taken back, and needs no steps. */
  add(growing: Growing): void {
    this.growing.push(growing);
  }

  mark(): Mark {
    return { steps: this.steps.length, sizes: this.growing.map(({ size }) => size) };
  }

  /** Adds the step that takes a change back. Call before or after the change, with nothing in between that may throw. */
  push(step: () => void): void {
    this.steps.push(step);
  }

  /** Notes the value that a key of a map had. */
  changed(map: Restoring, key: string | number, before: unknown): void {
    this.steps.push(before, key, map);
  }

  /** Takes back every change since a mark, newest first. */
  undoTo({ steps, sizes }: Mark): void {
    while (this.steps.length > steps) {
      const step = this.steps.pop();
      if (typeof step === "function") step();
      else (step as Restoring).restore(this.steps.pop() as string | number, this.steps.pop());
    }
    this.growing.forEach((growing, i) => growing.cutTo(sizes[i] as number));
  }

  /** Forgets the steps: their changes are committed. */
  clear(): void {
    if (this.steps.length > 0) this.steps = [];
    for (const growing of this.growing) growing.settled?.();
  }
}
