import type { Platform } from "../../platform.ts";
import type { Store } from "../../store/store.ts";
import { damageOf, placeOf } from "../custody/files.ts";
import type { Findings } from "./findings.ts";

/** Hashes every stored file and compares it with its digest, by which records name it. One file per event-loop turn. */
export async function checkFiles(
  store: Store,
  { sha256, yield: yieldTurn }: Pick<Platform, "sha256" | "yield">,
  findings: Findings,
): Promise<void> {
  for (let row = store.service.fileAfter(""); row !== undefined; row = store.service.fileAfter(row.digest)) {
    const found = damageOf(row, sha256);
    if (found !== undefined) findings.add("file_differs", placeOf(row.digest), row.digest, found);
    await yieldTurn();
  }
}
