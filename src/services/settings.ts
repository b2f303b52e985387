/** What an operator decides in the configuration. */
export interface Settings {
  /** The host (with port, if any) that codes' URLs name, e.g. `trace.example.org`. */
  host: string;
  /** This service's ledger number, 0–255: the high bits of its serials. */
  ledgerNumber: number;
  /** Approve filings and orders without the authority, as far as they are complete and within quota. */
  autoApprove: boolean;
  /** Most codes an enterprise may have on order or out, unless it was given a quota of its own. */
  defaultQuota: number;
  /** Days after which codes that were never activated expire; null for never. */
  unusedExpireDays: number | null;
  /** Take a scanner's region from the headers of a proxy in front. */
  trustProxy: boolean;
  /** Most writes without an API key that one address may make in a minute; null for no limit. */
  anonymousPerMinute: number | null;
}
