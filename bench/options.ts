import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TARGETS } from "./targets.ts";

/** How a run was asked for. */
export interface Options {
  /** 1 is the original's three years: 51.68 million codes, 5.23 million scans. */
  scale: number;
  /** Rows to measure; all where empty. */
  only: readonly string[];
  /** Where results go. */
  out: string;
  /** A folder that keeps the seeded store for the next run; absent: a temporary one. */
  data?: string;
  seed: number;
  /** How long each measurement of load lasts. */
  seconds: number;
  /** Measurements of each of the two things compared. */
  pairs: number;
  /** Processors that scans' servers, and load, are kept to; absent: any. */
  cores: { server?: number; load?: number };
}

export const USAGE = `npm run bench -- [options]
  --scale N       1 (default) is 51.68 million codes and 5.23 million scans; 0.001 to 10
  --only IDS      rows to measure, with commas between; \`seed\` alone fills the store
  --out FOLDER    where RESULTS.md and results.json go (bench/; below scale 1 a temporary folder)
  --data FOLDER   keeps the filled store there, and uses it again where it is of the same scale and seed
  --seed N        another filling (1)
  --seconds N     how long each measurement of load lasts (8; 2 below scale 0.1)
  --pairs N       how often each of two things is measured in turn (3; p99s twice as often and once more)
  --cores HOW     apart (default): what answers scans on one core, its load on another; free: as the system likes`;

/** @throws RangeError or TypeError for what is wrong, in words for whoever typed it */
export function parseOptions(words: string[]): Options | "help" {
  const { values } = parseArgs({
    args: words,
    options: {
      scale: { type: "string", default: "1" },
      only: { type: "string", default: "" },
      out: { type: "string" },
      data: { type: "string" },
      seed: { type: "string", default: "1" },
      seconds: { type: "string" },
      pairs: { type: "string", default: "3" },
      cores: { type: "string", default: "apart" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const scale = numberIn("scale", values.scale, 0.0001, 10);
  const only = values.only.split(",").filter((id) => id !== "");
  const known = ["seed", ...TARGETS.map(({ id }) => id)];
  for (const id of only)
    if (!known.includes(id))
      throw new RangeError(`--only: no row is called ${id}; there are ${known.join(", ")}`);
  return {
    scale,
    only: only.flatMap((id) => (id === "seed" ? SEED_ROWS : [id])),
    // What is kept beside the code is of full scale; a smaller run does not write over it by itself.
    out: resolve(values.out ?? (scale >= 1 ? import.meta.dirname : join(tmpdir(), "suyuan-bench-results"))),
    ...(values.data === undefined ? {} : { data: resolve(values.data) }),
    seed: numberIn("seed", values.seed, 0, 2 ** 32 - 1),
    seconds: numberIn("seconds", values.seconds ?? (scale < 0.1 ? "2" : "8"), 0.1, 600),
    pairs: numberIn("pairs", values.pairs, 1, 50),
    cores: coresFor(values.cores),
  };
}

/** What `seed` stands for. */
const SEED_ROWS = TARGETS.map(({ id }) => id).filter((id) => id.startsWith("seed_"));

/** Whether any of these rows is to be measured. */
export function wanted({ only }: Pick<Options, "only">, ...ids: string[]): boolean {
  return only.length === 0 || ids.some((id) => only.includes(id));
}

function coresFor(how: string): Options["cores"] {
  if (how !== "apart" && how !== "free") throw new RangeError(`--cores must be apart or free, not ${how}`);
  return how === "apart" && availableParallelism() >= 2 ? { server: 0, load: 1 } : {};
}

function numberIn(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most))
    throw new RangeError(`--${name} must be a number from ${least} to ${most}, not ${text}`);
  return value;
}
