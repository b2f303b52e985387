/** Numbers of one stretch of the table: 2^30 item keys, a billion codes of one service. */
const STRETCH = 2 ** 16;

/**
 * Pages by number, in the order in which they were put in. Numbers lie close together, so that a page is found by its
 * place in an array, which stays in the processor's cache where a map of thousands does not.
 */
export class PageTable<P> {
  private readonly held = new Map<number, P>();
  private readonly stretches = new Map<number, (P | undefined)[]>();
  private lastNumber = 0;
  private last: (P | undefined)[] = this.stretchOf(0);

  get size(): number {
    return this.held.size;
  }

  get(number: number): P | undefined {
    const stretch = Math.floor(number / STRETCH);
    if (stretch !== this.lastNumber) {
      this.lastNumber = stretch;
      this.last = this.stretchOf(stretch);
    }
    return this.last[number - stretch * STRETCH];
  }

  /** Puts a page in last. */
  set(number: number, page: P): void {
    this.held.delete(number);
    this.held.set(number, page);
    this.put(number, page);
  }

  delete(number: number): void {
    if (this.held.delete(number)) this.put(number, undefined);
  }

  keys(): MapIterator<number> {
    return this.held.keys();
  }

  values(): MapIterator<P> {
    return this.held.values();
  }

  private put(number: number, page: P | undefined): void {
    const stretch = this.stretchOf(Math.floor(number / STRETCH));
    const place = number % STRETCH;
    while (stretch.length <= place) stretch.push(undefined);
    stretch[place] = page;
  }

  private stretchOf(number: number): (P | undefined)[] {
    let stretch = this.stretches.get(number);
    if (stretch === undefined) this.stretches.set(number, (stretch = []));
    return stretch;
  }
}
