import { encipherSerial } from "../../src/core/code/cipher.ts";
import { splitItemKey } from "../../src/core/code/serial.ts";
import type { IssuedBatch } from "../../src/scan/batch-register.ts";
import type { Service } from "../../src/services/service.ts";
import type { Random } from "../random.ts";

/** Where consumers are, by weight: most in China, the rest as exports go. */
const REGIONS: readonly [string, number][] = [
  ["CN-GD", 30],
  ["CN-ZJ", 9],
  ["CN-SH", 8],
  ["CN-BJ", 7],
  ["CN-SC", 5],
  ["HK", 5],
  ["MO", 2],
  ["NZ", 4],
  ["AU", 4],
  ["DE", 3],
  ["FR", 3],
  ["US", 5],
  ["AE", 3],
  ["TH", 3],
  ["KR", 3],
  ["JP", 3],
  ["BR", 2],
  ["unknown", 1],
];
const WEIGHED = REGIONS.flatMap(([region, weight]) => Array.from({ length: weight }, () => region));
/** Scans between two turns of the event loop, in which the log is written. */
const SLICE = 8192;
/** One scan in seven is of a hot code: shops' shelves, livestreams. */
const HOT_SHARE = 0.15;
const HOT_CODES = 10_000;

/** Draws issued codes: a batch by its size, then a position in it. */
export class CodeDraw {
  private readonly batches: readonly IssuedBatch[];
  /** Codes before each batch, and at the end all of them. */
  private readonly before: Float64Array;
  private readonly service: Pick<Service, "keyring">;

  constructor(service: Pick<Service, "keyring">, batches: readonly IssuedBatch[]) {
    this.service = service;
    this.batches = batches;
    this.before = new Float64Array(batches.length + 1);
    batches.forEach(({ count }, i) => (this.before[i + 1] = (this.before[i] as number) + count));
  }

  get total(): number {
    return this.before[this.batches.length] as number;
  }

  /** The n-th of all codes. */
  at(n: number): { batch: IssuedBatch; position: number; code: string } {
    let low = 0;
    let high = this.batches.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.before[middle] as number) <= n) low = middle;
      else high = middle;
    }
    const batch = this.batches[low] as IssuedBatch;
    const position = n - (this.before[low] as number);
    const { epoch, serial } = splitItemKey(batch.start + position);
    return { batch, position, code: encipherSerial(this.service.keyring.keysOf(epoch), serial) };
  }

  /** One at random, every code as likely as the others. */
  any(random: Random): { batch: IssuedBatch; position: number; code: string } {
    return this.at(random.below(this.total));
  }

  /** One of the hot codes, the first ones the hottest (Zipf); which they are is spread over all batches. */
  hot(random: Random): { batch: IssuedBatch; position: number; code: string } {
    const rank = random.zipf(Math.min(HOT_CODES, this.total));
    return this.at(Math.floor((((rank * 0.6180339887) % 1) + 1) * this.total) % this.total);
  }
}

/** Makes `count` scans of codes issued so far, spread over a span of time. */
export async function scanCodes(
  service: Service,
  random: Random,
  { count, fromMs, toMs }: { count: number; fromMs: number; toMs: number },
): Promise<void> {
  const draw = new CodeDraw(service, service.register.all);
  for (let done = 0; done < count; done++) {
    const { code } = random.fraction() < HOT_SHARE ? draw.hot(random) : draw.any(random);
    const nowMs = fromMs + Math.floor(((toMs - fromMs) * done) / count);
    const { verdict } = service.scan.answer(code, { region: random.pick(WEIGHED), nowMs, counts: true });
    if (verdict === "unknown" || verdict === "mistyped")
      throw new Error(`a scan of the issued code ${code} said ${verdict}`);
    if (done % SLICE === SLICE - 1) await service.platform.yield();
  }
}
