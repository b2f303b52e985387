import { nearestName } from "../http/api/nearest-name.ts";
import { COMMAND_VARIABLES, SETTING_NAMES } from "./setting-table.ts";

const PREFIX = "SUYUAN_";
/** Kubernetes gives each pod such variables for a Service whose name is suyuan. */
const SERVICE_LINK = /^SUYUAN_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/;

/**
 * The problem of a variable that is no setting, in words. Without its value: a mistyped name may hold a secret.
 * @param name begins with SUYUAN_ in any letter case
 */
export function unknownSetting(name: string): string {
  if (SERVICE_LINK.test(name))
    return (
      `${name} is no setting: Kubernetes sets it for a Service named suyuan. Set enableServiceLinks: false in the pod, ` +
      "or give the Service another name"
    );
  const nearest = nearestSetting(name.toUpperCase());
  if (nearest === undefined)
    return `${name} is no setting: remove it, or take a name from the table in docs/operating.md`;
  return `${name} is no setting: did you mean ${nearest}? Otherwise remove it`;
}

/** The setting whose name is nearest: by typing errors, then by what one name has of the other, then by words. */
function nearestSetting(name: string): string | undefined {
  const parts = [...SETTING_NAMES, ...COMMAND_VARIABLES].map((known) => known.slice(PREFIX.length));
  const part = name.slice(PREFIX.length);
  const words = part.split("_");
  const nearest =
    nearestName(part, parts) ??
    parts.find((known) => part !== "" && (known.includes(part) || part.includes(known))) ??
    parts.find((known) => known.split("_").some((word) => words.includes(word)));
  return nearest === undefined ? undefined : PREFIX + nearest;
}
