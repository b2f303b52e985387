import { resolve } from "node:path";
import {
  COMMAND_VARIABLES,
  isSetting,
  type Setting,
  SETTING_NAMES,
  type SettingName,
  SETTINGS,
  type SettingValues,
} from "./setting-table.ts";
import type { Endpoint } from "./setting-forms.ts";
import { unknownSetting } from "./unknown-setting.ts";
import { proxySettings } from "./proxy-settings.ts";

/** The settings of a service. Each has an environment variable: `SUYUAN_` and its name in capitals. */
export interface Config {
  /** The folder of the store, the keys and the last checkpoint. */
  data: string;
  /** The address to listen at. */
  address: string;
  /** 0 for any free one. */
  port: number;
  /** The host in the URLs of codes and in the log's origin, in lower case. */
  host: string;
  /** The base of the URIs of our own business steps; null for the host's own. Fixed at the first start. */
  vocabulary: string | null;
  /** True where `host` is not set, and so is localhost with the port. */
  hostFollowsPort: boolean;
  ledgerNumber: number;
  autoApprove: boolean;
  defaultQuota: number;
  unusedExpireDays: number | null;
  /**
   * The setting of before: trusts the sender of every connection. Its address header is `X-Forwarded-For`, its region header
   * `X-Suyuan-Region` or `CF-IPCountry`.
   */
  trustProxy: boolean;
  /** Addresses and CIDR ranges of proxies whose headers count. */
  trustedProxies: string[];
  /** The header in which trusted proxies name the client, lower case; null for `x-forwarded-for`. */
  clientAddressHeader: string | null;
  /** The header in which trusted proxies name the client's region, lower case; null for none. */
  regionHeader: string | null;
  /** Memory for the tallies of scanned codes, MiB; tallies beyond it are read from disk when needed. */
  scanMemoryMb: number;
  /** Memory for custody's state. */
  custodyMemoryMb: number;
  /** The most MiB of files that one organisation may store; null for no limit. */
  fileQuotaMb: number | null;
  /** The most writes per minute without an API key from one address; null for no limit. */
  anonymousPerMinute: number | null;
  /** A C2SP tlog-policy file that names the witnesses, their addresses and the quorum; null for no witnesses. */
  witnessPolicy: string | null;
  /** The timeout of one witness, and the least time between two submissions. */
  witnessTimeoutSeconds: number;
  witnessEverySeconds: number;
  /** Whether publishing, and later recording, stops without a quorum. */
  withoutQuorum: "go-on" | "stop";
  quorumGraceSeconds: number;
  /** The most connections at a time; further ones are closed. */
  maxConnections: number;
  /** Where metrics and health are answered without a key; null for nowhere. */
  metricsAddress: Endpoint | null;
}

/** The longest value that a message repeats. */
const MAX_SHOWN = 80;

/**
 * Reads the configuration from environment variables. An empty or blank variable is not set.
 * @throws RangeError that names every wrong variable, its value and what would be right, and every unknown SUYUAN_… name
 */
export function configFrom(environment: Record<string, string | undefined>): Config {
  const env = settingValues(environment);
  return {
    data: resolve(env.SUYUAN_DATA),
    address: env.SUYUAN_ADDRESS,
    port: env.SUYUAN_PORT,
    host: env.SUYUAN_HOST ?? localHost(env.SUYUAN_PORT),
    hostFollowsPort: env.SUYUAN_HOST === undefined,
    vocabulary: env.SUYUAN_VOCABULARY ?? null,
    ledgerNumber: env.SUYUAN_LEDGER_NUMBER,
    autoApprove: env.SUYUAN_AUTO_APPROVE,
    defaultQuota: env.SUYUAN_DEFAULT_QUOTA,
    unusedExpireDays: env.SUYUAN_UNUSED_EXPIRE_DAYS === 0 ? null : env.SUYUAN_UNUSED_EXPIRE_DAYS,
    ...proxySettings(env),
    scanMemoryMb: env.SUYUAN_SCAN_MEMORY_MB,
    custodyMemoryMb: env.SUYUAN_CUSTODY_MEMORY_MB,
    anonymousPerMinute: env.SUYUAN_ANONYMOUS_PER_MINUTE === 0 ? null : env.SUYUAN_ANONYMOUS_PER_MINUTE,
    fileQuotaMb: env.SUYUAN_FILE_QUOTA_MB === 0 ? null : env.SUYUAN_FILE_QUOTA_MB,
    witnessPolicy: env.SUYUAN_WITNESS_POLICY === undefined ? null : resolve(env.SUYUAN_WITNESS_POLICY),
    witnessTimeoutSeconds: env.SUYUAN_WITNESS_TIMEOUT_SECONDS,
    witnessEverySeconds: env.SUYUAN_WITNESS_EVERY_SECONDS,
    withoutQuorum: env.SUYUAN_WITHOUT_QUORUM,
    quorumGraceSeconds: env.SUYUAN_QUORUM_GRACE_SECONDS,
    maxConnections: env.SUYUAN_MAX_CONNECTIONS,
    metricsAddress: env.SUYUAN_METRICS_ADDRESS ?? null,
  };
}

/** The configuration with the port that the service really has: a host that follows it names it. */
export function withPort(config: Config, port: number): Config {
  return { ...config, port, host: config.hostFollowsPort ? localHost(port) : config.host };
}

/** Port 0 is no port that a link can name. */
function localHost(port: number): string {
  return port === 0 ? "localhost" : `localhost:${port}`;
}

function settingValues(environment: Record<string, string | undefined>): SettingValues {
  const problems: string[] = [];
  const values = SETTING_NAMES.map((name): [SettingName, unknown] => [
    name,
    settingValue(name, environment[name], problems),
  ]);
  for (const [name, text] of Object.entries(environment))
    if (isSetting(name) && !Object.hasOwn(SETTINGS, name) && !COMMAND_VARIABLES.has(name) && !isBlank(text))
      problems.push(unknownSetting(name));
  if (problems.length === 1) throw new RangeError(problems[0]);
  if (problems.length > 1)
    throw new RangeError(`${problems.length} settings are wrong:\n  ${problems.join("\n  ")}`);
  return Object.fromEntries(values) as SettingValues;
}

function settingValue(name: SettingName, text: string | undefined, problems: string[]): unknown {
  const { form, default: otherwise, option }: Setting<unknown> = SETTINGS[name];
  if (text === undefined || isBlank(text)) return otherwise;
  const value = form.read(text);
  if (value === undefined)
    problems.push(
      `${name}${option === undefined ? "" : ` (--${option})`} is ${shown(text)}: it must be ${form.expected}`,
    );
  return value;
}

/** A compose file's `${X:-}` gives an empty variable, an env file's `X= ` a blank one: neither sets anything. */
function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}

/** In quotes, with escapes: a final blank or CR shows. */
function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
