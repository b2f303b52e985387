import { COUNTRIES } from "../core/goods/country.ts";
import type { IssuedBatch } from "./batch-register.ts";
import type { FoundVerdict, ScanSums } from "./answer.ts";
import { countryOfRegion, UNKNOWN_REGION } from "./region.ts";
import { RegionNumbers } from "./region-numbers.ts";

/** The stored form, JSON. */
interface Stored {
  codes: number;
  verdicts: Record<FoundVerdict, number>;
  /** Names and counts by region number. */
  regions: [string, number][];
  modes: Record<string, number>;
  categories: Record<string, number>;
  /** The figures before the first scan of the last day with scans; absent in stores of before. */
  day?: { day: number; before: ScanSums };
}

const DAY_SECONDS = 24 * 60 * 60;

/** Counts of scans by verdict, region and kind of goods: one counter each, whatever the number of codes. */
export class Distribution {
  readonly regions: RegionNumbers;
  private codes: number;
  private readonly verdicts: Record<FoundVerdict, number>;
  private readonly byRegion: number[];
  private readonly modes: Map<string, number>;
  private readonly categories: Map<string, number>;
  private day: Stored["day"];

  /** @param json the stored text that `json` made; absent before the first scan */
  constructor(json?: string) {
    const stored = json === undefined ? undefined : (JSON.parse(json) as Stored);
    this.codes = stored?.codes ?? 0;
    this.verdicts = stored?.verdicts ?? { genuine: 0, not_activated: 0, suspicious: 0, recalled: 0, void: 0 };
    this.regions = new RegionNumbers(stored?.regions.map(([name]) => name));
    this.byRegion = stored?.regions.map(([, count]) => count) ?? [];
    this.modes = new Map(Object.entries(stored?.modes ?? {}));
    this.categories = new Map(Object.entries(stored?.categories ?? {}));
    this.day = stored?.day;
  }

  /** `region` is a number; `first` is true for the first scan of the code. Scans come in the order of time. */
  add(verdict: FoundVerdict, region: number, batch: IssuedBatch, first: boolean, atSeconds: number): void {
    const day = Math.floor(atSeconds / DAY_SECONDS);
    if (day !== this.day?.day) this.day = { day, before: this.figures() };
    if (first) this.codes += 1;
    this.verdicts[verdict] += 1;
    this.byRegion[region] = (this.byRegion[region] ?? 0) + 1;
    increase(this.modes, batch.mode);
    increase(this.categories, batch.category);
  }

  json(): string {
    const stored: Stored = {
      codes: this.codes,
      verdicts: this.verdicts,
      regions: this.regions.names.map((name, number) => [name, this.byRegion[number] ?? 0]),
      modes: Object.fromEntries(this.modes),
      categories: Object.fromEntries(this.categories),
    };
    if (this.day !== undefined) stored.day = this.day;
    return JSON.stringify(stored);
  }

  /** The figures at the start of the day (UTC) of a time: scans of that day are not in them. */
  figuresBefore(nowSeconds: number): ScanSums {
    const today = Math.floor(nowSeconds / DAY_SECONDS);
    return this.day !== undefined && this.day.day >= today ? this.day.before : this.figures();
  }

  figures(): ScanSums {
    const countries = new Map<string, number>();
    const continents = new Map<string, number>();
    const provinces = new Map<string, number>();
    this.byRegion.forEach((count, number) => {
      const region = this.regions.name(number);
      const country = countryOfRegion(region);
      increase(countries, country ?? UNKNOWN_REGION, count);
      increase(continents, COUNTRIES.get(country ?? "")?.continent ?? UNKNOWN_REGION, count);
      if (country !== undefined && country !== region) increase(provinces, region, count);
    });
    return {
      total: Object.values(this.verdicts).reduce((sum, count) => sum + count, 0),
      codes: this.codes,
      byVerdict: { ...this.verdicts },
      byCountry: sorted(countries),
      byContinent: sorted(continents),
      byProvince: sorted(provinces),
      byTradeMode: sorted(this.modes),
      byCategory: sorted(this.categories),
    };
  }
}

function increase(counts: Map<string, number>, key: string, by = 1): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}

/** The most scans first, then by name. */
function sorted(counts: Map<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
