import { COUNTRIES } from "../core/goods/country.ts";
import { PROVINCES } from "../core/goods/province.ts";

/** The region of a scan without a trusted region header. */
export const UNKNOWN_REGION = "unknown";

/** Longer than any region with blanks around it. */
const MOST_CHARACTERS = 64;

const REGIONS: ReadonlySet<string> = new Set([...COUNTRIES.keys(), ...PROVINCES.map(({ iso }) => iso)]);

/** Hong Kong, Macao and Taiwan: countries of ISO 3166-1 here, although ISO 3166-2:CN lists them too. */
const OWN_ENTRIES: ReadonlySet<string> = new Set(["HK", "MO", "TW"]);

/**
 * The region that a proxy's header names: a country (`NZ`) or a country and its division (`CN-GD`). Provinces exist for
 * mainland China only.
 *
 * @returns ISO 3166-1 alpha-2, `CN-` and the letters of a mainland province, or `unknown`
 */
export function regionOf(text: string): string {
  if (text.length > MOST_CHARACTERS) return UNKNOWN_REGION;
  const [country = "", division = ""] = text.trim().toUpperCase().split("-", 2);
  if (country === "CN" && OWN_ENTRIES.has(division)) return division;
  if (country === "CN" && REGIONS.has(`CN-${division}`)) return `CN-${division}`;
  // Cloudflare sends XX for unknown and T1 for Tor: neither is a country.
  return COUNTRIES.has(country) ? country : UNKNOWN_REGION;
}

/** Whether a text is a region that `regionOf` can return. */
export function isRegion(region: string): boolean {
  return region === UNKNOWN_REGION || REGIONS.has(region);
}

/** The country of a region; undefined for `unknown`. */
export function countryOfRegion(region: string): string | undefined {
  return region === UNKNOWN_REGION ? undefined : region.slice(0, 2);
}
