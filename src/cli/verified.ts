import type { Verified } from "../core/custody/verification.ts";
import type { WholeChain } from "../core/ledger/completeness.ts";
import type { Monitored } from "../core/ledger/monitoring.ts";
import type { VerifiedReceipt } from "../core/ledger/receipt.ts";

/** What `suyuan verify` proved from a file alone. */
export type Proven = { bundle: Verified } | { receipt: VerifiedReceipt };

/** What comparing a proven file with the log itself showed. */
export interface Followed {
  url: string;
  monitored: Monitored;
  chains: WholeChain[];
}
