import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ALPHABET } from "../src/core/code/alphabet.ts";
import { checkCharacter } from "../src/core/code/check.ts";
import type { Service } from "../src/services/service.ts";
import type { Verdict } from "../src/scan/answer.ts";
import { Random } from "./random.ts";
import { CodeDraw } from "./seed/scanning.ts";
import type { Manifest } from "./seed/seed.ts";

/** A scan to be made, and the verdict that must come. */
export interface PlannedScan {
  path: string;
  verdict: Verdict;
}

/** Files of paths, a line each, that load is made from. */
export interface Traffic {
  /** Codes drawn at random from all that were issued; one in a hundred is repeated. */
  genuine: string;
  /** Right check character, random body. */
  forged: string;
  /** The same proportions as a day's: most drawn at random, some hot (Zipf), some forged, some mistyped. */
  mixed: PlannedScan[];
}

const REPEATED = 0.01;
/** Of the mixed traffic. */
const HOT = 0.1;
const FORGED = 0.05;
const MISTYPED = 0.05;
const BODY_LENGTH = 15;

/** Draws the paths that load asks for, and writes them beside the store. */
export function drawTraffic(
  service: Service,
  manifest: Pick<Manifest, "batches">,
  { folder, count, mixedCount, seed }: { folder: string; count: number; mixedCount: number; seed: number },
): Traffic {
  const random = new Random(seed + 77);
  const draw = new CodeDraw(service, service.register.all);
  const known = new Map(manifest.batches.map((batch) => [batch.id, batch]));
  const planned = (hot: boolean): PlannedScan => {
    const { batch, position, code } = hot ? draw.hot(random) : draw.any(random);
    return { path: pathOf(code, batch.gtin), verdict: verdictOf(known.get(batch.id), position, batch.count) };
  };
  const genuine: string[] = [];
  while (genuine.length < count)
    genuine.push(
      genuine.length > 0 && random.fraction() < REPEATED ? random.pick(genuine) : planned(false).path,
    );
  const forged = Array.from({ length: count }, () => pathOf(forgedCode(random), SOME_GTIN));
  return {
    genuine: write(folder, "genuine.txt", genuine),
    forged: write(folder, "forged.txt", forged),
    mixed: Array.from({ length: mixedCount }, () => mixedScan(random, planned)),
  };
}

const SOME_GTIN = "09520001000010";

function mixedScan(random: Random, planned: (hot: boolean) => PlannedScan): PlannedScan {
  const part = random.fraction();
  if (part < FORGED) return { path: pathOf(forgedCode(random), SOME_GTIN), verdict: "unknown" };
  if (part < FORGED + MISTYPED) return { path: misread(planned(false).path, random), verdict: "mistyped" };
  return planned(part < FORGED + MISTYPED + HOT);
}

/** The verdict on a code that nobody but the filling of the store has done anything to. */
function verdictOf(batch: Manifest["batches"][number] | undefined, position: number, count: number): Verdict {
  if (batch === undefined) return "genuine";
  if (batch.fate === "recalled") return "recalled";
  if (batch.fate === "inactive") return "not_activated";
  return position >= count - batch.spoiled ? "void" : "genuine";
}

/** The path in a label's QR code: a GS1 Digital Link, or the short link of goods without a GTIN. */
export function pathOf(code: string, gtin: string | null): string {
  return gtin === null ? `/T/${code}` : `/01/${gtin.padStart(14, "0")}/21/${code}`;
}

/** Any 15 characters with the right check character after them, as a forger makes them up. */
function forgedCode(random: Random): string {
  let body = "";
  while (body.length < BODY_LENGTH) body += ALPHABET.charAt(random.below(32));
  return body + checkCharacter(body);
}

/** One character of the code misread; the check character always tells. */
function misread(path: string, random: Random): string {
  const at = path.length - 1 - random.below(BODY_LENGTH + 1);
  const value = ALPHABET.indexOf(path.charAt(at));
  return path.slice(0, at) + ALPHABET.charAt((value + 1 + random.below(31)) % 32) + path.slice(at + 1);
}

function write(folder: string, name: string, lines: string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
