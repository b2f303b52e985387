/** What a row measures and what it is to reach. */
export interface Target {
  id: string;
  what: string;
  unit: string;
  /** Bounds are inclusive. Absent for figures that stand beside the rows without a bound of their own. */
  bound?: { better: "higher" | "lower"; atLeast: number; hoped: number };
}

/** Every row, in the order in which they are shown. */
export const TARGETS: readonly Target[] = [
  higher(
    "scan_vs_hono",
    "scan (JSON, codes drawn at random from all issued): throughput against bare Hono, same body",
    "ratio",
    0.8,
    1,
  ),
  lower("scan_p99", "scan p99 at half of saturation, against bare Hono at the same rate", "times", 2, 1.2),
  higher("scan_growth", "scan throughput at this scale against a store of 10,000 codes", "ratio", 0.9, 1),
  higher(
    "scan_vs_plain",
    "scan throughput against the plain design (c) at its 5 million rows",
    "times",
    3,
    10,
  ),
  higher("fake_flood", "forged codes answered a second, against genuine ones", "ratio", 1, 1.3),
  lower(
    "issue_seconds",
    "one order of 51.68 million codes: from approval to committed and fetchable",
    "s",
    180,
    60,
  ),
  higher(
    "issue_vs_plain",
    "issuing a code, against writing the plain design's (c) row for it",
    "times",
    20,
    100,
  ),
  lower(
    "bytes_per_code",
    "store per further code that nothing happened to, in batches of a million",
    "bytes",
    1,
    0.15,
  ),
  higher("stream_codes", "codes streamed as CSV over HTTP", "codes/s", 1e6, 3e6),
  higher(
    "record_single",
    "durable events, one-event calls by 512 writers over HTTP",
    "events/s",
    6000,
    10_000,
  ),
  higher(
    "record_64_writers",
    "durable events, one-event calls by 64 writers over HTTP",
    "events/s",
    5000,
    9000,
  ),
  higher(
    "record_batch_vs_raw",
    "durable events in calls of 1,000, against raw better-sqlite3 (d)",
    "ratio",
    0.1,
    0.15,
  ),
  higher(
    "record_vs_floor",
    "durable events in calls of 1,000, text parsed and validated, against the floor (f)",
    "ratio",
    0.7,
    0.85,
  ),
  lower("bytes_per_event", "store an event of the benchmark's mix", "kB", 0.8, 0.6),
  lower(
    "pack_unpack_1000",
    "a call of 1,000 packings and unpackings of one code, against one of 500 codes",
    "times",
    3,
    1.5,
  ),
  higher("audit_vs_hash", "full audit, against raw SHA-256 of the same messages (e)", "ratio", 0.4, 0.7),
  lower("memory_serving", "resident memory of the serving process under scans", "MB", 256, 128),
  lower("start_seconds", "start, until the first right answer", "s", 1.5, 0.5),
  lower("trace_deep", "trace p99 of a code four containers deep, against a shallow one", "times", 3, 1.5),
  lower("scan_under_writes", "scan p99 while 512 writers record events, against without", "times", 2.5, 1.5),
  lower(
    "hostile_scan_p99",
    "others' scan p99 under the worst hostile shape, against without",
    "times",
    3,
    1.5,
  ),
  figure("scan_per_second", "scans a second at saturation (JSON, one core serves)", "1/s"),
  figure("scan_in_process_us", "one scan without network and log: from code to JSON", "µs"),
  figure("record_1_writer", "durable events a second, one-event calls by one writer over HTTP", "events/s"),
  figure("issue_1k_seconds", "one order of 1,000 codes: from approval to committed and fetchable", "s"),
  figure("issue_1m_seconds", "one order of 1 million codes: from approval to committed and fetchable", "s"),
  figure("issue_10m_seconds", "one order of 10 million codes: from approval to committed and fetchable", "s"),
  figure("audit_seconds", "full audit of this store", "s"),
  figure("mixed_p99_ms", "p99 of the mixed traffic (k6, the stage at half of its highest rate)", "ms"),
  figure("seed_seconds", "filling the store through the services", "s"),
  figure("seed_bytes", "the store on disk after that", "bytes"),
  figure("seed_bytes_per_code", "the same per code, with all that happened to them", "bytes"),
  figure("seed_peak_memory", "highest resident memory while filling it", "MB"),
];

function higher(id: string, what: string, unit: string, atLeast: number, hoped: number): Target {
  return { id, what, unit, bound: { better: "higher", atLeast, hoped } };
}

function lower(id: string, what: string, unit: string, atLeast: number, hoped: number): Target {
  return { id, what, unit, bound: { better: "lower", atLeast, hoped } };
}

function figure(id: string, what: string, unit: string): Target {
  return { id, what, unit };
}

/** @throws RangeError for an id that no row has */
export function targetOf(id: string): Target {
  const target = TARGETS.find((one) => one.id === id);
  if (target === undefined) throw new RangeError(`no row is called ${id}`);
  return target;
}

/** Whether a value reaches a target's lower bound, and its hope; undefined for figures without a bound. */
export function reached(target: Target, value: number): "hoped" | "yes" | "no" | undefined {
  if (target.bound === undefined) return undefined;
  const { better, atLeast, hoped } = target.bound;
  const meets = (bound: number): boolean => (better === "higher" ? value >= bound : value <= bound);
  if (meets(hoped)) return "hoped";
  return meets(atLeast) ? "yes" : "no";
}
