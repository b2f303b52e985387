import type { Settings } from "../services/settings.ts";
import type { SettingValues } from "./setting-table.ts";

type ProxyConfig = Pick<Settings, "trustProxy" | "trustedProxies" | "clientAddressHeader" | "regionHeader">;

/**
 * The settings of proxies in front.
 * @throws RangeError for settings that contradict each other
 */
export function proxySettings(env: SettingValues): ProxyConfig {
  const trustProxy = env.SUYUAN_TRUST_PROXY;
  const trustedProxies = env.SUYUAN_TRUSTED_PROXIES;
  if (trustProxy && trustedProxies.length > 0)
    throw new RangeError(
      "SUYUAN_TRUST_PROXY: trusts every sender, and SUYUAN_TRUSTED_PROXIES names some: set the second alone",
    );
  if (!trustProxy && trustedProxies.length === 0)
    for (const name of ["SUYUAN_CLIENT_ADDRESS_HEADER", "SUYUAN_REGION_HEADER"] as const)
      if (env[name] !== undefined)
        throw new RangeError(
          `${name}: counts only from trusted proxies: name them in SUYUAN_TRUSTED_PROXIES`,
        );
  return {
    trustProxy,
    trustedProxies,
    clientAddressHeader: env.SUYUAN_CLIENT_ADDRESS_HEADER ?? null,
    regionHeader: env.SUYUAN_REGION_HEADER ?? null,
  };
}
