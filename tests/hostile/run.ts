import { parseArgs } from "node:util";
import { type Measurement, measureShapes } from "./measure.ts";

/**
 * `npm run test:hostile -- [--only NAMES]`: what other clients' scans wait while each hostile shape runs. Bounded: each
 * shape takes at most 25 seconds. Ends with 1 where somebody waits more than 3 times as long, or 250 ms (p99).
 */
const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const names = values.only.split(",").filter((name) => name !== "");
console.log(
  "What another client's scans wait, in ms (p99): without an attack, with it on a bare server beside, with it.",
);
console.log(
  row("shape", "p99 without", "beside", "p50", "p99", "max", "times", "memory", "the attacker got"),
);
const all = await measureShapes(names, (one) => console.log(line(one)));
const over = all.filter(({ ok }) => !ok);
console.log(`\n${all.length} shapes, ${over.length} of them make others wait${over.length === 0 ? "" : ":"}`);
for (const { shape } of over) console.log(`  ${shape}`);
if (over.length > 0) process.exitCode = 1;

function line({ shape, answer, without, beside, with: attacked, times, memoryMb, ok }: Measurement): string {
  const memory = memoryMb === undefined ? "-" : `${memoryMb < 0 ? "" : "+"}${memoryMb.toFixed(0)} MB`;
  const failed = attacked.failed > 0 ? `; ${attacked.failed} of ${attacked.scans} scans FAILED` : "";
  const [p50, p99, max] = [attacked.p50Ms, attacked.p99Ms, attacked.maxMs].map((ms) => ms.toFixed(1));
  const outcome = `${ok ? "" : "OVER; "}${answer}${failed}`;
  return row(
    shape,
    without.p99Ms.toFixed(1),
    beside.p99Ms.toFixed(1),
    p50!,
    p99!,
    max!,
    times.toFixed(1),
    memory,
    outcome,
  );
}

function row(shape: string, ...cells: string[]): string {
  const last = cells.at(-1) ?? "";
  return `${shape.padEnd(26)}${cells
    .slice(0, -1)
    .map((cell) => cell.padStart(12))
    .join("")}  ${last}`;
}
