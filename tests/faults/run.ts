import { parseArgs } from "node:util";
import { killRounds } from "./kill.ts";

/** The long run: `npm run test:faults -- [--rounds 200] [--seed N]`. Ends with 1 where anything was lost. */
const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const rounds = wholeNumber("rounds", values.rounds ?? "200");
const seed = wholeNumber("seed", values.seed ?? String(Date.now() % 2 ** 31));
console.log(`seed ${seed}`);
const counts = await killRounds(rounds, seed, console.log);
const { acknowledged, found, lost, doubled, changed, auditsOk, auditsFailed, unanswered } = counts;
const { rebuiltSame, rebuiltOther } = counts;
const { underWrites, continued, forked, works, codesMissing, scans, cosigned } = counts;
const notThere = Object.values(works).reduce((sum, work) => sum + work.acknowledged - work.found, 0);
const done = Object.entries(works).map(([kind, work]) => `${kind} ${work.found} of ${work.acknowledged}`);
console.log(`
rounds               ${counts.rounds} (${counts.kills} kills), ${underWrites} of them while clients were writing
acknowledged events  ${acknowledged}
found                ${found}
lost                 ${lost}
unanswered requests  ${unanswered.recorded} were recorded, ${unanswered.notRecorded} were not
recorded twice       ${doubled}
answers changed      ${changed}
works found          ${done.join(", ")}
codes missing        ${codesMissing}
scans counted        ${scans.counted} of ${scans.sent} sent, ${scans.answered} answered
logs cosigned        ${cosigned}
shown logs continued ${continued} of ${continued + forked}
full audits ok       ${auditsOk} of ${auditsOk + auditsFailed}
custody as rebuilt   ${rebuiltSame} of ${rebuiltSame + rebuiltOther}`);
const wrong = lost + doubled + changed + forked + auditsFailed + notThere + codesMissing + rebuiltOther;
if (wrong > 0 || scans.counted > scans.sent || underWrites < rounds) process.exitCode = 1;

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not ${text}`);
  return Number(text);
}
