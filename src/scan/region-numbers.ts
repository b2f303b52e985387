import { countryOfRegion, isRegion, UNKNOWN_REGION } from "./region.ts";

/**
 * Small numbers for regions, in order of their first scan. Stored data carries the names beside the numbers, so a change to
 * the list of countries does not affect it. 0 is `unknown`, which is no country.
 */
export class RegionNumbers {
  private readonly list: string[];
  private readonly numbers: Map<string, number>;
  /** The country number of each region. */
  private readonly countries: number[] = [0];

  /** @param names the stored names, in order */
  constructor(names: readonly string[] = [UNKNOWN_REGION]) {
    this.list = [...names];
    this.numbers = new Map(names.map((name, number) => [name, number]));
    for (let number = 1; number < names.length; number++) this.countries[number] = this.countryNumber(number);
  }

  get names(): readonly string[] {
    return this.list;
  }

  /** A text that is no region counts as `unknown`. */
  numberOf(region: string): number {
    const known = this.numbers.get(region);
    if (known !== undefined) return known;
    if (!isRegion(region)) return 0;
    const number = this.list.push(region) - 1;
    this.numbers.set(region, number);
    this.countries[number] = this.countryNumber(number);
    return number;
  }

  countryOf(number: number): number {
    return this.countries[number] as number;
  }

  name(number: number): string {
    return this.list[number] as string;
  }

  private countryNumber(number: number): number {
    const region = this.name(number);
    const country = countryOfRegion(region);
    return country === undefined || country === region ? number : this.numberOf(country);
  }
}
