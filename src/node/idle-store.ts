import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { configFrom } from "./config.ts";
import type { VerifierKey } from "../core/ledger/note-key.ts";
import { openService } from "./open.ts";
import { nodePlatform } from "./platform.ts";
import { BatchRegister } from "../scan/batch-register.ts";
import { catchUp } from "../services/custody/catch-up.ts";
import { type Audited, auditLedger, type AuditResult } from "../services/audit/audit.ts";
import { type AuditScope, type AuditView, runAudit } from "../services/audit/run-audit.ts";
import type { Caller } from "../services/caller.ts";
import { StoreRefused } from "../store/binding.ts";
import { copyRefusal } from "./data/snapshot.ts";
import { openSqliteCopy } from "./data/sqlite.ts";
import { openStore } from "../store/store.ts";

/** Anybody who can open the data folder is the operator. */
const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "command line" };

type Progress = NonNullable<Audited["progress"]>;

/** Audits of a store that no service has open. */
export const idleStore = {
  /**
   * Audits a data folder, and adds the record of the audit to its log.
   * @throws StoreRefused where there is no store, or a service has it open
   * @throws Problem where the scope names nothing
   */
  async folder(folder: string, scope: AuditScope, progress: Progress): Promise<AuditView> {
    requireStore(folder);
    const opened = openService(configFrom({ SUYUAN_DATA: folder }));
    try {
      return await runAudit(opened.service, OPERATOR, scope, { progress });
    } finally {
      await opened.close();
    }
  },

  /**
   * Audits the whole ledger in a copy of a database, read-only, with the log's public key alone.
   * @throws StoreRefused where the file is no store of this version
   */
  async copy(file: string, key: VerifierKey, progress: Progress): Promise<AuditResult> {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      throw new StoreRefused(
        `${file} is a folder: name the database in it, such as ${join(file, "suyuan.db")}`,
      );
    try {
      const binding = openSqliteCopy(file);
      try {
        const store = openStore(binding);
        // The copy of a running service's database may lack what its last records give.
        catchUp({ store, register: new BatchRegister(store) }, false);
        return await auditLedger({ store, key, platform: nodePlatform, progress });
      } finally {
        binding.close();
      }
    } catch (error) {
      throw copyRefusal(error, file);
    }
  },
};

/** Opening a folder makes the files that are missing, so a mistyped folder would become a new store. */
export function requireStore(folder: string): void {
  if (!existsSync(join(folder, "suyuan.db"))) throw new StoreRefused(`there is no store in ${folder}`);
}
