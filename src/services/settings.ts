/** Decisions of the operator in the configuration. */
export interface Settings {
  /** The host (with port, if any) in the URLs of codes, e.g. `trace.example.org`. */
  host: string;
  /** The base of the URIs of our own business steps, fixed at the first start. */
  vocabulary: string;
  /** This service's ledger number, 0–255: the high bits of its serials. */
  ledgerNumber: number;
  /** Approve filings and orders without the authority, if they are complete and within quota. */
  autoApprove: boolean;
  /** The most codes ordered or issued per enterprise, unless its terms set another quota. */
  defaultQuota: number;
  /** Days until unactivated codes expire; null for never. */
  unusedExpireDays: number | null;
  /** Trust the sender of every connection as a proxy (the setting of before `trustedProxies`). */
  trustProxy: boolean;
  /** The most bytes of files that one organisation may store; null for no limit. */
  fileQuotaBytes: number | null;
  /** Addresses and CIDR ranges of proxies whose headers count. */
  trustedProxies: string[];
  /** The header in which trusted proxies name the client, lower case; null for `x-forwarded-for`. */
  clientAddressHeader: string | null;
  /** The header in which trusted proxies name the client's region, lower case; null for none. */
  regionHeader: string | null;
  /** The most writes per minute without an API key from one address; null for no limit. */
  anonymousPerMinute: number | null;
}
