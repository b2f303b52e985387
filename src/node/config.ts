import { resolve } from "node:path";
import * as z from "zod";

/** The settings of a service. Each has an environment variable: `SUYUAN_` and its name in capitals. */
export interface Config {
  /** The folder of the store, the keys and the last checkpoint. */
  data: string;
  /** The address to listen at. */
  address: string;
  port: number;
  /** The host in the URLs of codes and in the log's origin. */
  host: string;
  ledgerNumber: number;
  autoApprove: boolean;
  defaultQuota: number;
  unusedExpireDays: number | null;
  /**
   * Read the region of scans from the headers of a proxy in front: `x-suyuan-region`, or `cf-ipcountry` and
   * `cf-region-code`.
   */
  trustProxy: boolean;
  /** Memory for the tallies of scanned codes, MiB; tallies beyond it are read from disk when needed. */
  scanMemoryMb: number;
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
  metricsAddress: ListenAddress | null;
}

/** An address and a port to listen at. */
export interface ListenAddress {
  address: string;
  port: number;
}

const flag = z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1");

const Environment = z.object({
  SUYUAN_DATA: z.string().min(1).default("data"),
  SUYUAN_ADDRESS: z.string().min(1).default("127.0.0.1"),
  SUYUAN_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  SUYUAN_HOST: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$/i, "must be a host name, with a port if need be")
    .optional(),
  SUYUAN_LEDGER_NUMBER: z.coerce.number().int().min(0).max(255).default(0),
  SUYUAN_AUTO_APPROVE: flag.default(false),
  SUYUAN_DEFAULT_QUOTA: z.coerce.number().int().min(0).default(100_000_000),
  SUYUAN_UNUSED_EXPIRE_DAYS: z.coerce.number().int().min(0).default(730),
  SUYUAN_TRUST_PROXY: flag.default(false),
  SUYUAN_SCAN_MEMORY_MB: z.coerce.number().int().min(1).max(1_048_576).default(64),
  SUYUAN_ANONYMOUS_PER_MINUTE: z.coerce.number().int().min(0).default(60),
  SUYUAN_WITNESS_POLICY: z.string().min(1).optional(),
  SUYUAN_WITNESS_TIMEOUT_SECONDS: z.coerce.number().positive().max(60).default(5),
  SUYUAN_WITNESS_EVERY_SECONDS: z.coerce.number().min(0).max(86_400).default(1),
  SUYUAN_WITHOUT_QUORUM: z.enum(["go-on", "stop"]).default("go-on"),
  SUYUAN_QUORUM_GRACE_SECONDS: z.coerce.number().min(0).default(60),
  SUYUAN_MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(8192),
  SUYUAN_METRICS_ADDRESS: z
    .string()
    .regex(/^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+):[0-9]{1,5}$/i, "must be ADDRESS:PORT, such as 127.0.0.1:9100")
    .optional(),
});

/**
 * Reads the configuration from environment variables.
 * @throws RangeError that names the variable and what would be right
 */
export function configFrom(environment: Record<string, string | undefined>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RangeError(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  const env = parsed.data;
  return {
    data: resolve(env.SUYUAN_DATA),
    address: env.SUYUAN_ADDRESS,
    port: env.SUYUAN_PORT,
    host: env.SUYUAN_HOST ?? `localhost:${env.SUYUAN_PORT}`,
    ledgerNumber: env.SUYUAN_LEDGER_NUMBER,
    autoApprove: env.SUYUAN_AUTO_APPROVE,
    defaultQuota: env.SUYUAN_DEFAULT_QUOTA,
    unusedExpireDays: env.SUYUAN_UNUSED_EXPIRE_DAYS === 0 ? null : env.SUYUAN_UNUSED_EXPIRE_DAYS,
    trustProxy: env.SUYUAN_TRUST_PROXY,
    scanMemoryMb: env.SUYUAN_SCAN_MEMORY_MB,
    anonymousPerMinute: env.SUYUAN_ANONYMOUS_PER_MINUTE === 0 ? null : env.SUYUAN_ANONYMOUS_PER_MINUTE,
    witnessPolicy: env.SUYUAN_WITNESS_POLICY === undefined ? null : resolve(env.SUYUAN_WITNESS_POLICY),
    witnessTimeoutSeconds: env.SUYUAN_WITNESS_TIMEOUT_SECONDS,
    witnessEverySeconds: env.SUYUAN_WITNESS_EVERY_SECONDS,
    withoutQuorum: env.SUYUAN_WITHOUT_QUORUM,
    quorumGraceSeconds: env.SUYUAN_QUORUM_GRACE_SECONDS,
    maxConnections: env.SUYUAN_MAX_CONNECTIONS,
    metricsAddress:
      env.SUYUAN_METRICS_ADDRESS === undefined ? null : listenAddress(env.SUYUAN_METRICS_ADDRESS),
  };
}

/** @throws RangeError for a port above 65535 */
function listenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (port > 65_535) throw new RangeError("SUYUAN_METRICS_ADDRESS: its port must be at most 65535");
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ""), port };
}
