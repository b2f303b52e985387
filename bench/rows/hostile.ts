import { wanted } from "../options.ts";
import type { Bench } from "../bench.ts";
import { measureShapes } from "../../tests/hostile/measure.ts";

/** The worst p99 of other clients' scans under a hostile shape, against without it: see `npm run test:hostile`. */
export async function hostileRows(bench: Bench): Promise<void> {
  const { options, measured } = bench;
  if (!wanted(options, "hostile_scan_p99")) return;
  const all = await measureShapes([], ({ shape, times, with: attacked }) =>
    bench.note(`${shape}: p99 ${attacked.p99Ms.toFixed(1)} ms, ${times.toFixed(1)} times without it`),
  );
  const worst = all.reduce((a, b) => (b.times > a.times ? b : a));
  const longest = all.reduce((a, b) => (b.with.p99Ms > a.with.p99Ms ? b : a));
  const over = all.filter(({ ok }) => !ok).length;
  measured.add(
    "hostile_scan_p99",
    worst.times,
    `worst of ${all.length} shapes, ${over} over the bounds: ${worst.shape}, ${worst.with.p99Ms.toFixed(1)} against ` +
      `${worst.without.p99Ms.toFixed(1)} ms; longest p99 ${longest.with.p99Ms.toFixed(1)} ms (${longest.shape})`,
  );
}
