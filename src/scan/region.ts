import { COUNTRIES } from "../core/goods/country.ts";
import { PROVINCES } from "../core/goods/province.ts";

/** Where nobody trusted says anything. */
export const UNKNOWN_REGION = "unknown";

const REGIONS: ReadonlySet<string> = new Set([...COUNTRIES.keys(), ...PROVINCES.map(({ iso }) => iso)]);

/** ISO 3166-2:CN has them as divisions too; here they are entries of their own (ISO 3166-1). */
const OWN_ENTRIES: ReadonlySet<string> = new Set(["HK", "MO", "TW"]);

/**
 * Where a scan comes from, as the proxy in front tells it: `x-suyuan-region` (`NZ`, `CN-GD`), else `cf-ipcountry` with
 * `cf-region-code`. Provinces are told apart within the mainland only. The scanner's address is never looked at.
 *
 * Call it only where such a proxy is trusted: anybody else can send these headers.
 *
 * @param header a request header by its lower-case name
 * @returns ISO 3166-1 alpha-2, `CN-` and the letters of a mainland province, or `unknown`
 */
export function regionFrom(header: (name: string) => string | undefined): string {
  const own = header("x-suyuan-region");
  if (own !== undefined) {
    const [country = "", division = ""] = own.trim().toUpperCase().split("-", 2);
    return regionOf(country, division);
  }
  // Cloudflare says XX for unknown and T1 for Tor: neither is a country.
  return regionOf(
    (header("cf-ipcountry") ?? "").trim().toUpperCase(),
    (header("cf-region-code") ?? "").trim().toUpperCase(),
  );
}

/** True of what `regionFrom` can give. */
export function isRegion(region: string): boolean {
  return region === UNKNOWN_REGION || REGIONS.has(region);
}

/** The country of a region; undefined where that is unknown. */
export function countryOfRegion(region: string): string | undefined {
  return region === UNKNOWN_REGION ? undefined : region.slice(0, 2);
}

function regionOf(country: string, division: string): string {
  if (country === "CN" && OWN_ENTRIES.has(division)) return division;
  if (country === "CN" && REGIONS.has(`CN-${division}`)) return `CN-${division}`;
  return COUNTRIES.has(country) ? country : UNKNOWN_REGION;
}
