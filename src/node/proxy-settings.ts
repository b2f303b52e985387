import { parseRange } from "../http/address-text.ts";
import type { Settings } from "../services/settings.ts";

type ProxyConfig = Pick<Settings, "trustProxy" | "trustedProxies" | "clientAddressHeader" | "regionHeader">;

/** A field name (RFC 9110, 5.1) of the kind that proxies use. */
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

/**
 * The settings of proxies in front, from their environment variables. An empty variable is unset.
 * @throws RangeError that names the variable and what would be right
 */
export function proxySettings(
  environment: Record<string, string | undefined>,
  trustProxy: boolean,
): ProxyConfig {
  const proxies = (environment["SUYUAN_TRUSTED_PROXIES"] ?? "").split(/[\s,]+/).filter((text) => text !== "");
  for (const proxy of proxies) {
    try {
      parseRange(proxy);
    } catch (error) {
      throw new RangeError(`SUYUAN_TRUSTED_PROXIES: ${(error as Error).message}`, { cause: error });
    }
  }
  if (trustProxy && proxies.length > 0)
    throw new RangeError(
      "SUYUAN_TRUST_PROXY: trusts every sender, and SUYUAN_TRUSTED_PROXIES names some: set the second alone",
    );
  const trusted = trustProxy || proxies.length > 0;
  return {
    trustProxy,
    trustedProxies: proxies,
    clientAddressHeader: headerName(environment, "SUYUAN_CLIENT_ADDRESS_HEADER", trusted),
    regionHeader: headerName(environment, "SUYUAN_REGION_HEADER", trusted),
  };
}

/** A header's name in lower case; null where the variable is unset. */
function headerName(
  environment: Record<string, string | undefined>,
  variable: string,
  trusted: boolean,
): string | null {
  const name = (environment[variable] ?? "").trim();
  if (name === "") return null;
  if (!HEADER_NAME.test(name))
    throw new RangeError(`${variable}: ${name} must be one header's name, such as X-Forwarded-For`);
  if (!trusted)
    throw new RangeError(
      `${variable}: counts only from trusted proxies: name them in SUYUAN_TRUSTED_PROXIES`,
    );
  return name.toLowerCase();
}
