/** The most rows that are kept. More organisations and keys than that are seldom active at once. */
const MOST_ROWS = 4096;

/**
 * Rows that nearly every request reads, such as its API key: kept in memory until any row of their kind is written, or a
 * write is undone. So what is kept is always what the store has, within a transaction too.
 */
export class KeptRows {
  private readonly rows = new Map<string, unknown>();

  /** A kept row, or the one that `read` finds; a row that is missing is not kept. */
  get<R extends object>(key: string, read: () => R | undefined): R | undefined {
    const known = this.rows.get(key) as R | undefined;
    if (known !== undefined) return known;
    const found = read();
    if (found === undefined) return undefined;
    if (this.rows.size >= MOST_ROWS) this.rows.clear();
    this.rows.set(key, found);
    return found;
  }

  /** Call for each write to these tables, and where a transaction or savepoint is undone. */
  forget(): void {
    this.rows.clear();
  }

  /** The same work, which forgets all where it throws: its writes are undone then. */
  undoing<A extends unknown[], T>(work: (...given: A) => T): (...given: A) => T {
    return (...given) => {
      try {
        return work(...given);
      } catch (error) {
        this.forget();
        throw error;
      }
    };
  }
}
