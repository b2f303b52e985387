import { COUNTRIES } from "../goods/country.ts";
import type { IssuedBatch } from "../services/codes/register.ts";
import type { FoundVerdict, ScanFigures } from "../services/scanning.ts";
import type { LoggedScan } from "./scan-block.ts";
import { countryOfRegion, UNKNOWN_REGION } from "./region.ts";

type Distributed = Pick<
  ScanFigures,
  "total" | "byVerdict" | "byCountry" | "byContinent" | "byProvince" | "byTradeMode" | "byCategory"
>;

/** How scans spread over verdicts, regions and kinds of goods: a counter each, whatever the number of codes. */
export class Distribution {
  private total = 0;
  private readonly verdicts: Record<FoundVerdict, number> = {
    genuine: 0,
    not_activated: 0,
    suspicious: 0,
    recalled: 0,
    void: 0,
  };
  private readonly regions = new Map<string, number>();
  private readonly modes = new Map<string, number>();
  private readonly categories = new Map<string, number>();

  add(scan: Pick<LoggedScan, "verdict" | "region">, batch: IssuedBatch | null): void {
    this.total += 1;
    this.verdicts[scan.verdict] += 1;
    increase(this.regions, scan.region);
    if (batch === null) return;
    increase(this.modes, batch.mode);
    increase(this.categories, batch.category);
  }

  figures(): Distributed {
    const countries = new Map<string, number>();
    const continents = new Map<string, number>();
    const provinces = new Map<string, number>();
    for (const [region, count] of this.regions) {
      const country = countryOfRegion(region);
      increase(countries, country ?? UNKNOWN_REGION, count);
      increase(continents, COUNTRIES.get(country ?? "")?.continent ?? UNKNOWN_REGION, count);
      if (country !== undefined && country !== region) increase(provinces, region, count);
    }
    return {
      total: this.total,
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
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Most scans first, then by name. */
function sorted(counts: Map<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
