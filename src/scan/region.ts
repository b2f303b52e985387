import { COUNTRIES } from "../core/goods/country.ts";
import { PROVINCES } from "../core/goods/province.ts";

/** The region of a scan without a trusted region header. */
export const UNKNOWN_REGION = "unknown";

const REGIONS: ReadonlySet<string> = new Set([...COUNTRIES.keys(), ...PROVINCES.map(({ iso }) => iso)]);

/** Hong Kong, Macao and Taiwan: countries of ISO 3166-1 here, although ISO 3166-2:CN lists them too. */
const OWN_ENTRIES: ReadonlySet<string> = new Set(["HK", "MO", "TW"]);

/**
 * The region of a scan from the headers of a proxy in front: `x-suyuan-region` (`NZ`, `CN-GD`), else `cf-ipcountry` with
 * `cf-region-code`. Provinces exist for mainland China only. The address of the scanner is not used.
 *
 * Call it only behind a trusted proxy: any client can send these headers.
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
  // Cloudflare sends XX for unknown and T1 for Tor: neither is a country.
  return regionOf(
    (header("cf-ipcountry") ?? "").trim().toUpperCase(),
    (header("cf-region-code") ?? "").trim().toUpperCase(),
  );
}

/** Whether a text is a region that `regionFrom` can return. */
export function isRegion(region: string): boolean {
  return region === UNKNOWN_REGION || REGIONS.has(region);
}

/** The country of a region; undefined for `unknown`. */
export function countryOfRegion(region: string): string | undefined {
  return region === UNKNOWN_REGION ? undefined : region.slice(0, 2);
}

function regionOf(country: string, division: string): string {
  if (country === "CN" && OWN_ENTRIES.has(division)) return division;
  if (country === "CN" && REGIONS.has(`CN-${division}`)) return `CN-${division}`;
  return COUNTRIES.has(country) ? country : UNKNOWN_REGION;
}
