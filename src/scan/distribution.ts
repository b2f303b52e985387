import { COUNTRIES } from "../core/goods/country.ts";
import type { IssuedBatch } from "./batch-register.ts";
import type { FoundVerdict, ScanFigures } from "./answer.ts";
import { countryOfRegion, UNKNOWN_REGION } from "./region.ts";
import { RegionNumbers } from "./region-numbers.ts";

type Distributed = Pick<
  ScanFigures,
  "total" | "codes" | "byVerdict" | "byCountry" | "byContinent" | "byProvince" | "byTradeMode" | "byCategory"
>;

/** The stored form, JSON. */
interface Stored {
  codes: number;
  verdicts: Record<FoundVerdict, number>;
  /** Names and counts by region number. */
  regions: [string, number][];
  modes: Record<string, number>;
  categories: Record<string, number>;
}

/** Counts of scans by verdict, region and kind of goods: one counter each, whatever the number of codes. */
export class Distribution {
  readonly regions: RegionNumbers;
  private codes: number;
  private readonly verdicts: Record<FoundVerdict, number>;
  private readonly byRegion: number[];
  private readonly modes: Map<string, number>;
  private readonly categories: Map<string, number>;

  /** @param json the stored text that `json` made; absent before the first scan */
  constructor(json?: string) {
    const stored = json === undefined ? undefined : (JSON.parse(json) as Stored);
    this.codes = stored?.codes ?? 0;
    this.verdicts = stored?.verdicts ?? { genuine: 0, not_activated: 0, suspicious: 0, recalled: 0, void: 0 };
    this.regions = new RegionNumbers(stored?.regions.map(([name]) => name));
    this.byRegion = stored?.regions.map(([, count]) => count) ?? [];
    this.modes = new Map(Object.entries(stored?.modes ?? {}));
    this.categories = new Map(Object.entries(stored?.categories ?? {}));
  }

  /** `region` is a number; `first` is true for the first scan of the code. */
  add(verdict: FoundVerdict, region: number, batch: IssuedBatch, first: boolean): void {
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
    return JSON.stringify(stored);
  }

  figures(): Distributed {
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
