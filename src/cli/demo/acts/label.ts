import { groupCode } from "../../../core/code/alphabet.ts";
import type { Client } from "../../client.ts";
import { CommandFailed } from "../../command.ts";
import type { Trace } from "../../trace.ts";
import type { DemoBatch } from "../batch.ts";
import type { Narrator } from "../narrator.ts";

/** Prints one label of the story: its code, the number of its steps, and the QR symbol. */
export async function showLabel(
  narrator: Narrator,
  client: Client,
  { gtin, owner }: DemoBatch,
  code: string,
): Promise<void> {
  const trace = await client.call<Trace>("GET", `/v1/trace/${code}`);
  if (trace.findings.length > 0)
    throw new CommandFailed(`the trace of ${code} has findings: ${JSON.stringify(trace.findings)}`);
  const link = (await linkOf(client, trace, owner.key)) ?? `/01/${gtin}/21/${code}`;
  narrator.title("A label of the infant formula");
  narrator.say(
    `${groupCode(code)} has ${trace.steps.length} steps; a record of the log proves each of them.`,
    "Phones open the link where the service runs behind https at that host (--host).",
  );
  narrator.qr(link);
}

/** The link as printed on the label, from the owner's own download. */
async function linkOf(client: Client, { batch, position }: Trace, key: string): Promise<string | undefined> {
  const path = `/v1/batches/${batch}/codes?format=ndjson&first=${position}&last=${position}`;
  const response = await client.send("GET", path, { key, headers: { Accept: "*/*" } });
  return (JSON.parse(await response.text()) as { url?: string }).url;
}
