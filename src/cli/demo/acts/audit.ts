import type { AuditReport } from "../../audit-text.ts";
import { CommandFailed } from "../../command.ts";
import { formatCount } from "../../output.ts";
import type { Stage } from "../journeys/stage.ts";
import type { Narrator } from "../narrator.ts";

/** Chapter 7: the authority audits the whole ledger. @throws CommandFailed where it is not sound */
export function auditAll(narrator: Narrator, { client, actors }: Stage): Promise<AuditReport> {
  const body = { scope: { ledger: true } };
  const { key } = actors.authority;
  return narrator.chapter("7. The authority audits the whole ledger", async () => {
    narrator.working("auditing", 0);
    const audit = await client.call<AuditReport>("POST", "/v1/audits", { body, key });
    if (!audit.ok) throw new CommandFailed(`the audit found ${JSON.stringify(audit.breaks)}`);
    const { records, chains, codes, batches, root } = audit;
    narrator.say(
      `Sound: ${formatCount(records)} records rehashed, ${formatCount(chains)} chains walked,`,
      `${formatCount(codes)} codes of ${batches} batches recomputed. Signed root ${root.slice(0, 32)}…`,
    );
    return audit;
  });
}
