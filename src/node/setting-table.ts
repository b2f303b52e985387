import {
  addressRanges,
  type Endpoint,
  endpoint,
  choice,
  flag,
  headerName,
  type Form,
  host,
  listenAddress,
  path,
  vocabularyBase,
  wholeNumber,
} from "./setting-forms.ts";

/** One setting: an environment variable, also an option of `suyuan serve` where `option` says so. */
export interface Setting<T> {
  form: Form<T>;
  /** The value where the variable is missing, empty or blank. */
  default: T;
  /** The default as the documentation shows it. */
  shown: string;
  /** What it sets: the text of the documentation. */
  sets: string;
  option?: string;
}

function setting<T>(form: Form<T>, value: T, sets: string, more: Partial<Setting<T>> = {}): Setting<T> {
  return { form, default: value, shown: `\`${String(value)}\``, sets, ...more };
}

const MAX_QUOTA = 1_000_000_000_000;
const MAX_DAYS = 36_500;
const MAX_PER_MINUTE = 1_000_000;
const MAX_MEMORY_MB = 1_048_576;
const MAX_GRACE_SECONDS = 31_536_000;
const optionalHost: Form<string | undefined> = host;
const optionalEndpoint: Form<Endpoint | undefined> = endpoint;
const optionalHeader: Form<string | undefined> = headerName;
const optionalPath: Form<string | undefined> = path;
const optionalVocabulary: Form<string | undefined> = vocabularyBase;

/**
 * Every setting of the service. `configFrom` reads it, and a test compares the table in docs/operating.md with it: a new
 * setting is one row here and one row there.
 */
export const SETTINGS = {
  SUYUAN_DATA: setting(path, "data", "the data folder", { option: "data" }),
  SUYUAN_HOST: setting(
    optionalHost,
    undefined,
    "the host in codes' links; the first start also puts it into the log's name, which stays. Set it before you print",
    { option: "host", shown: "`localhost:PORT`" },
  ),
  SUYUAN_ADDRESS: setting(listenAddress, "127.0.0.1", "the address where the service listens", {
    option: "address",
  }),
  SUYUAN_PORT: setting(
    wholeNumber(0, 65_535),
    8080,
    "the port where the service listens; 0 for any free one",
    {
      option: "port",
    },
  ),
  SUYUAN_TRUST_PROXY: setting(
    flag,
    false,
    "before there was `SUYUAN_TRUSTED_PROXIES`: `true` trusts the sender of every connection",
  ),
  SUYUAN_TRUSTED_PROXIES: setting(
    addressRanges,
    [],
    "addresses and CIDR ranges of your proxies, with commas between them: [behind a proxy](#behind-a-proxy)",
    { shown: "none" },
  ),
  SUYUAN_CLIENT_ADDRESS_HEADER: setting(
    optionalHeader,
    undefined,
    "the header in which trusted proxies name the client's address",
    { shown: "`X-Forwarded-For`" },
  ),
  SUYUAN_REGION_HEADER: setting(
    optionalHeader,
    undefined,
    "the header in which trusted proxies name the client's region, such as `NZ` or `CN-GD`",
    { shown: "none" },
  ),
  SUYUAN_AUTO_APPROVE: setting(flag, false, "approve filings and orders without the authority"),
  SUYUAN_DEFAULT_QUOTA: setting(
    wholeNumber(0, MAX_QUOTA),
    100_000_000,
    "most codes that an enterprise may have on order or out, unless its terms say otherwise",
  ),
  SUYUAN_UNUSED_EXPIRE_DAYS: setting(
    wholeNumber(0, MAX_DAYS),
    730,
    "when unused codes of a batch expire; 0 for never",
  ),
  SUYUAN_ANONYMOUS_PER_MINUTE: setting(
    wholeNumber(0, MAX_PER_MINUTE),
    60,
    "most writes without an API key from one address in a minute; 0 for no limit",
  ),
  SUYUAN_SCAN_MEMORY_MB: setting(
    wholeNumber(1, MAX_MEMORY_MB),
    64,
    "memory for the tallies of scanned codes",
  ),
  SUYUAN_CUSTODY_MEMORY_MB: setting(
    wholeNumber(1, MAX_MEMORY_MB),
    16,
    "memory for custody's state: chains and units that were used last",
  ),
  SUYUAN_MAX_CONNECTIONS: setting(
    wholeNumber(1, 1_000_000),
    8192,
    "most connections at a time; at most the limit of file descriptors less 64. Further ones are closed, and a line on " +
      "stderr says so",
  ),
  SUYUAN_METRICS_ADDRESS: setting(
    optionalEndpoint,
    undefined,
    "`ADDRESS:PORT`, such as `127.0.0.1:9100`: where metrics and health are answered without a key",
    { shown: "none" },
  ),
  SUYUAN_LEDGER_NUMBER: setting(
    wholeNumber(0, 255),
    0,
    "0 to 255, in each serial number: one for each shard of one service. Fixed by the first start",
  ),
  SUYUAN_VOCABULARY: setting(
    optionalVocabulary,
    undefined,
    "the base of the URIs of business steps that CBV 2.0 lacks. Fixed by the first start",
    { shown: "`https://HOST/vocabulary/`" },
  ),
  SUYUAN_FILE_QUOTA_MB: setting(
    wholeNumber(0, MAX_MEMORY_MB),
    1024,
    "most MiB of files that one organisation may store; 0 for no limit",
  ),
  SUYUAN_WITNESS_POLICY: setting(
    optionalPath,
    undefined,
    "file that names the witnesses and their quorum: see [witnesses](witnesses.md)",
    { shown: "none" },
  ),
  SUYUAN_WITNESS_TIMEOUT_SECONDS: setting(wholeNumber(1, 60), 5, "how long one witness has to answer"),
  SUYUAN_WITNESS_EVERY_SECONDS: setting(
    wholeNumber(0, 86_400),
    1,
    "least time between two submissions to a witness",
  ),
  SUYUAN_WITHOUT_QUORUM: setting(
    choice("go-on", "stop"),
    "go-on",
    "without a quorum of witnesses: `go-on` publishing, or `stop` it and, after the grace period, recording",
  ),
  SUYUAN_QUORUM_GRACE_SECONDS: setting(
    wholeNumber(0, MAX_GRACE_SECONDS),
    60,
    "how long records are taken without a quorum, with `stop`",
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { [K in SettingName]: (typeof SETTINGS)[K]["default"] };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Variables of the command line, which the service ignores. */
export const COMMAND_VARIABLES: ReadonlySet<string> = new Set([
  "SUYUAN_URL",
  "SUYUAN_KEY",
  "SUYUAN_AUTHORITY_KEY",
  "SUYUAN_PASSPHRASE",
]);

const PREFIX = /^suyuan_/i;

/** True of an environment variable whose name claims to be Suyuan's. */
export function isSetting(name: string): boolean {
  return PREFIX.test(name);
}
