import { formatVerifierKey } from "../../ledger/note-key.ts";
import type { Service } from "../service.ts";
import { logKey } from "./run-audit.ts";

/** The log as outsiders know it. */
export interface LogView {
  origin: string;
  /** Verifier key in the notation of C2SP signed-note. */
  vkey: string;
  /** Records under the checkpoint. */
  size: number;
  /** A signed note, verbatim. */
  checkpoint: string;
}

export function viewLog(service: Service): LogView {
  const checkpoint = service.store.ledger.checkpoint();
  if (checkpoint === undefined) throw new RangeError("the log has no checkpoint yet");
  return {
    origin: service.identity.origin,
    vkey: formatVerifierKey(logKey(service)),
    size: checkpoint.size,
    checkpoint: checkpoint.note,
  };
}
