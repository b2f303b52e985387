import { type Client, Refused } from "../../client.ts";
import { CommandFailed } from "../../command.ts";
import { formatCount } from "../../output.ts";
import type { Stage } from "../journeys/stage.ts";
import type { Narrator } from "../narrator.ts";
import type { PlannedScan, Scanner, Verdict } from "../scans.ts";
import type { Goods } from "./travel.ts";

interface Recall {
  id: string;
  reach: { codes: number; byStatus: Record<string, number> };
}

/**
 * Chapter 6: a recall by container and window of time reaches that container's first load alone, and shows at the very
 * next scan. Resolves with a recalled code.
 */
export function recallContainer(
  narrator: Narrator,
  stage: Stage,
  { eggRolls }: Goods,
  scanner: Scanner,
): Promise<string> {
  const { batch } = eggRolls;
  const half = batch.codes.length / 2;
  const scanOf = (position: number, expected: Verdict): PlannedScan[] => [
    { code: batch.codes[position] as string, gtin: batch.gtin, region: "CN-GD", expected },
  ];
  return narrator.chapter("6. A recall, by container and window of time", async () => {
    await scanner.make([scanOf(half - 1, "genuine")]);
    const { id, reach } = await draft(stage, eggRolls.container);
    if (reach.codes !== half) throw new CommandFailed(`the recall reaches ${reach.codes} codes, not ${half}`);
    narrator.say(
      `Drafted: it reaches ${formatCount(reach.codes)} codes (${statusText(reach.byStatus)}) and nothing of later loads.`,
    );
    await confirm(stage, id, reach.codes);
    await scanner.make([scanOf(half - 1, "recalled")]);
    const recalled = Array.from({ length: 200 }, (_, i) => scanOf(i * 50, "recalled"));
    const spared = Array.from({ length: 50 }, (_, i) => scanOf(half + i * 50, "genuine"));
    await scanner.make([...recalled, ...spared]);
    narrator.say("Confirmed: the very next scan says recalled; codes of the other container stay genuine.");
    await refuseSale(stage.client, stage.actors.enterprise("retailer").key, batch.id, half - 1);
    narrator.say("A shop that still reports a sale is refused (sold_while_recalled).");
    return batch.codes[half - 1] as string;
  });
}

function draft({ client, custody, actors }: Stage, container: string): Promise<Recall> {
  const body = {
    scope: { container, from: custody.at(42, 0), to: custody.at(37, 0) },
    reason: "一个生产班次未标示芝麻（致敏原） · Undeclared sesame in one production run",
    level: 2,
    advice: "请退回销售门店 · Return it to the shop.",
  };
  return client.call<Recall>("POST", "/v1/recalls", { body, key: actors.enterprise("bakery").key });
}

function confirm({ client, actors }: Stage, id: string, codes: number): Promise<unknown> {
  const { key } = actors.enterprise("bakery");
  return client.call("POST", `/v1/recalls/${id}/confirm`, { body: { codes }, key });
}

async function refuseSale(client: Client, key: string, batch: string, position: number): Promise<void> {
  const subjects = [{ batch, first: position, last: position }];
  // At this moment, which lies after the recall: a sale dated before it would be no contradiction.
  const body = { events: [{ kind: "selling", at: new Date().toISOString(), subjects }] };
  try {
    await client.call("POST", "/v1/events", { body, key });
  } catch (error) {
    if (error instanceof Refused && error.message.includes("sold_while_recalled")) return;
    throw error;
  }
  throw new CommandFailed(`the service recorded a sale of recalled position ${position} of batch ${batch}`);
}

function statusText(byStatus: Record<string, number>): string {
  return Object.entries(byStatus)
    .map(([status, count]) => `${formatCount(count)} ${status}`)
    .join(", ");
}
