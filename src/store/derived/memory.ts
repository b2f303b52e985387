/** A map whose values can be dropped, because the store has them too. */
interface Generations {
  /** Drops the values that were not used since the last call. */
  age(): void;
}

/** What one value costs besides its bytes: its object and its place in a map. */
const VALUE_BYTES = 120;
/** The memory for custody without a setting. */
export const DEFAULT_MEMORY_BYTES = 16 * 2 ** 20;

/**
 * The memory that all values read from custody's tables share. Values live in two generations: once the younger one has
 * half of the memory, what was not used since it began is dropped. So it costs nothing to note a use.
 */
export class CustodyMemory {
  readonly limitBytes: number;
  /** Reads that memory answered, and reads that went to the store. */
  hits = 0;
  misses = 0;
  private youngBytes = 0;
  private oldBytes = 0;
  private readonly generations: Generations[] = [];

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** The bytes that the values take, about. */
  get heldBytes(): number {
    return this.youngBytes + this.oldBytes;
  }

  add(generations: Generations): void {
    this.generations.push(generations);
  }

  /** Notes a value that became young. */
  took(bytes: number): void {
    this.youngBytes += bytes + VALUE_BYTES;
    if (this.youngBytes <= this.limitBytes / 2) return;
    for (const one of this.generations) one.age();
    this.oldBytes = this.youngBytes;
    this.youngBytes = 0;
  }

  /** Call after all values are dropped. */
  emptied(): void {
    this.youngBytes = 0;
    this.oldBytes = 0;
  }
}
