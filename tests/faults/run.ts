import { parseArgs } from "node:util";
import { killRounds } from "./kill.ts";

/** The long run: `npm run test:faults -- [--rounds 200] [--seed N]`. Ends with 1 where anything was lost. */
const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const rounds = Number(values.rounds ?? 200);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}`);
const counts = await killRounds(rounds, seed, console.log);
const { acknowledged, found, lost, doubled, changed, auditsOk, auditsFailed, unanswered } = counts;
console.log(`
rounds               ${counts.rounds} (${counts.kills} kills)
acknowledged events  ${acknowledged}
found                ${found}
lost                 ${lost}
unanswered requests  ${unanswered.recorded} were recorded, ${unanswered.notRecorded} were not
recorded twice       ${doubled}
answers changed      ${changed}
audits ok            ${auditsOk} of ${auditsOk + auditsFailed}`);
if (lost + doubled + changed + auditsFailed > 0) process.exitCode = 1;
