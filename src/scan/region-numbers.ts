import { countryOfRegion, isRegion, UNKNOWN_REGION } from "./region.ts";

/**
 * Regions by small numbers, in the order in which scans first came from them. What is stored by number is stored with the
 * names, so the numbers outlive any change to the list of countries. 0 is `unknown`, and no country.
 */
export class RegionNumbers {
  private readonly list: string[];
  private readonly numbers: Map<string, number>;
  /** The number of each region's country. */
  private readonly countries: number[] = [0];

  /** @param names as `names` gave them before, in order */
  constructor(names: readonly string[] = [UNKNOWN_REGION]) {
    this.list = [...names];
    this.numbers = new Map(names.map((name, number) => [name, number]));
    for (let number = 1; number < names.length; number++) this.countries[number] = this.countryNumber(number);
  }

  get names(): readonly string[] {
    return this.list;
  }

  /** What is no region counts as `unknown`. */
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
