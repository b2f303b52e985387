import { formatVerifierKey } from "../../core/ledger/note-key.ts";
import type { WitnessStanding } from "../ledger/publisher.ts";
import type { Service } from "../service.ts";
import { logKey } from "../ledger/log-key.ts";

/** The public view of the log. */
export interface LogView {
  origin: string;
  /** Verifier key in the notation of C2SP signed-note. */
  vkey: string;
  /** Records under the published checkpoint. */
  size: number;
  /** A signed note, verbatim, with the witnesses' cosignatures. */
  checkpoint: string;
  witnesses: WitnessStanding[];
}

/** The public view of the log. @throws Problem unavailable where witnesses are required and no checkpoint is cosigned yet */
export function viewLog(service: Service): LogView {
  const { size, note } = service.publisher.published();
  return {
    origin: service.identity.origin,
    vkey: formatVerifierKey(logKey(service)),
    size,
    checkpoint: note,
    witnesses: service.publisher.witnesses,
  };
}
