import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AuditReport } from "../cli/audit-text.ts";
import type { StoreAudits } from "../cli/audit.ts";
import { CommandFailed } from "../cli/command.ts";
import { configFrom } from "./config.ts";
import type { VerifierKey } from "../core/ledger/note-key.ts";
import { openService } from "./open.ts";
import { nodePlatform } from "./platform.ts";
import { auditLedger } from "../services/audit/audit.ts";
import { runAudit } from "../services/audit/run-audit.ts";
import { Problem } from "../services/problem.ts";
import type { Caller } from "../services/caller.ts";
import { openSqliteCopy } from "./data/sqlite.ts";
import { openStore } from "../store/store.ts";

/** Whoever can open the data folder is the operator. */
const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "command line" };

/** What the command line does to a store itself, which it may only while no service holds it. */
export const idleStore: StoreAudits = {
  async folder(folder, scope, told): Promise<AuditReport> {
    requireStore(folder);
    const opened = openService(configFrom({ SUYUAN_DATA: folder }));
    try {
      return await runAudit(opened.service, OPERATOR, scope, { progress: told });
    } catch (error) {
      if (error instanceof Problem) throw new CommandFailed(error.message, { cause: error });
      throw error;
    } finally {
      await opened.close();
    }
  },

  async copy(file: string, key: VerifierKey, told): Promise<AuditReport> {
    const binding = openSqliteCopy(file);
    try {
      return await auditLedger({ store: openStore(binding), key, platform: nodePlatform, progress: told });
    } finally {
      binding.close();
    }
  },
};

/** Opening makes what is not there; a mistyped folder must not become a new store. */
function requireStore(folder: string): void {
  if (!existsSync(join(folder, "suyuan.db"))) throw new CommandFailed(`there is no store in ${folder}`);
}
