import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metric } from "prom-client";
import type { Metrics } from "../http/metrics.ts";
import { RequestCounts } from "../http/request-counts.ts";
import { VERDICTS, type FoundVerdict } from "../scan/answer.ts";
import type { BucketCounts } from "../services/bucket-counts.ts";
import type { Service } from "../services/service.ts";

/** Figures of the process beside those of the service. */
export interface ProcessFigures {
  /** Plain scans answered on the socket, and connections that are open. */
  door: () => { answered: number; open: number };
  /** Requests that have not started. */
  queued: () => number;
  /** Seconds from a commit to its being on disk. */
  commitSync: BucketCounts;
}

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/** One metric: its values are read when it is asked for. */
interface Definition {
  name: string;
  help: string;
  type: "counter" | "gauge";
  read(): Sample[];
}

/**
 * The service's figures as OpenMetrics. Counters are plain numbers where they arise, and are copied only here, so a scan
 * pays nothing for them. prom-client is loaded at the first question.
 */
export function metricsOf(service: Service, figures: ProcessFigures): Metrics {
  const requests = new RequestCounts();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  const definitions = [
    ...requestMetrics(requests, figures),
    ...scanMetrics(service),
    ...writeMetrics(service),
    ...logMetrics(service),
    ...processMetrics(() => delay.max / 1e9),
  ];
  const histograms = [
    histogram("suyuan_commit_group_jobs", "Writes that shared one commit.", service.writer.groupSizes),
    histogram("suyuan_commit_sync_seconds", "From a commit to its being on disk.", figures.commitSync),
  ];
  const registry = once(async () => {
    delay.enable();
    const { Registry, Counter, Gauge } = await import("prom-client");
    const made = new Registry();
    made.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    for (const definition of definitions) {
      const { name, help } = definition;
      const options = { name, help, labelNames: LABELS[name] ?? [], registers: [] };
      made.registerMetric(
        definition.type === "gauge"
          ? new Gauge({ ...options, collect: gaugeReader(definition) })
          : new Counter({ ...options, collect: counterReader(definition) }),
      );
    }
    for (const metric of histograms) made.registerMetric(metric as unknown as Metric);
    return made;
  });
  return {
    requests,
    async text() {
      const made = await registry();
      const text = await made.metrics();
      delay.reset();
      return { mediaType: made.contentType, text };
    },
  };
}

const LABELS: Readonly<Record<string, string[]>> = {
  suyuan_requests: ["route", "status"],
  suyuan_scans: ["verdict"],
  suyuan_witness_lag_records: ["witness"],
  suyuan_memory_bytes: ["kind"],
  suyuan_custody_reads: ["from"],
};

function gaugeReader(definition: Definition) {
  return function (this: { reset(): void; set(labels: Record<string, string>, value: number): void }): void {
    this.reset();
    for (const { labels = {}, value } of definition.read()) this.set(labels, value);
  };
}

function counterReader(definition: Definition) {
  return function (this: { reset(): void; inc(labels: Record<string, string>, value: number): void }): void {
    this.reset();
    for (const { labels = {}, value } of definition.read()) this.inc(labels, value);
  };
}

function requestMetrics(requests: RequestCounts, figures: ProcessFigures): Definition[] {
  return [
    {
      name: "suyuan_requests",
      help: "Answers by route and class of status. Plain scans on the socket are the route `scan`.",
      type: "counter",
      read: () => [
        { labels: { route: "scan", status: "2xx" }, value: figures.door().answered },
        ...requests
          .list()
          .map(({ route, statusClass, count }) => ({ labels: { route, status: statusClass }, value: count })),
      ],
    },
    gauge("suyuan_connections", "Open connections.", () => figures.door().open),
    gauge("suyuan_requests_waiting", "Requests that have not started.", () => figures.queued()),
  ];
}

function scanMetrics({ scan }: Service): Definition[] {
  return [
    {
      name: "suyuan_scans",
      help: "Scans by verdict: of issued codes since the first start, of other codes since this start.",
      type: "counter",
      read: () => {
        const { byVerdict, refused } = scan.figures();
        const of = (verdict: (typeof VERDICTS)[number]): number =>
          verdict === "unknown" || verdict === "mistyped"
            ? refused[verdict].sinceStart
            : (byVerdict[verdict satisfies FoundVerdict] ?? 0);
        return VERDICTS.map((verdict) => ({ labels: { verdict }, value: of(verdict) }));
      },
    },
    gauge("suyuan_scans_waiting", "Scans not yet stored.", () => scan.figures().log.waiting),
    {
      name: "suyuan_scans_lost",
      help: "Scans answered but not counted, while storage failed.",
      type: "counter",
      read: () => [{ value: scan.figures().log.lost }],
    },
    gauge("suyuan_codes_scanned", "Codes scanned at least once.", () => scan.figures().codes),
    gauge("suyuan_tally_bytes", "Memory of the tallies of scanned codes.", () => scan.tallyBytes),
  ];
}

function writeMetrics({ writer, store }: Service): Definition[] {
  const { custody } = store;
  return [
    gauge("suyuan_writes_waiting", "Writes neither acknowledged nor refused.", () => writer.waitingJobs),
    {
      name: "suyuan_records",
      help: "Records (events, filings, decisions) acknowledged since this start.",
      type: "counter",
      read: () => [{ value: writer.recorded }],
    },
    {
      name: "suyuan_custody_reads",
      help: "Reads of custody's state, by where they were answered: from memory, or from the store.",
      type: "counter",
      read: () => [
        { labels: { from: "memory" }, value: custody.memory.hits },
        { labels: { from: "store" }, value: custody.memory.misses },
      ],
    },
    gauge("suyuan_custody_bytes", "Memory of custody's state.", () => custody.memory.heldBytes),
    gauge(
      "suyuan_custody_unwritten",
      "Changes of custody's state not yet in its tables.",
      () => custody.unwritten,
    ),
  ];
}

function logMetrics({ publisher }: Service): Definition[] {
  return [
    gauge("suyuan_log_records", "Size of the log.", () => publisher.newestSize),
    {
      name: "suyuan_witness_lag_records",
      help: "Records of the log that a witness has not cosigned.",
      type: "gauge",
      read: () =>
        publisher.witnesses.map(({ name, cosignedSize }) => ({
          labels: { witness: name },
          value: publisher.newestSize - (cosignedSize ?? 0),
        })),
    },
  ];
}

function processMetrics(longestDelaySeconds: () => number): Definition[] {
  return [
    {
      name: "suyuan_memory_bytes",
      help: "Memory of the process.",
      type: "gauge",
      read: () => {
        const { rss, heapUsed, external } = process.memoryUsage();
        return [
          { labels: { kind: "resident" }, value: rss },
          { labels: { kind: "heap" }, value: heapUsed },
          { labels: { kind: "external" }, value: external },
        ];
      },
    },
    gauge("suyuan_uptime_seconds", "Since the process started.", () => process.uptime()),
    gauge(
      "suyuan_event_loop_delay_seconds",
      "The longest delay of the event loop since the last question.",
      longestDelaySeconds,
    ),
  ];
}

function gauge(name: string, help: string, value: () => number): Definition {
  return { name, help, type: "gauge", read: () => [{ value: value() }] };
}

/** A metric that prom-client prints, made of counts that are kept elsewhere: its own would be a copy for each value. */
function histogram(name: string, help: string, of: BucketCounts) {
  const values = () => {
    let total = 0;
    const buckets = of.counts.map((count, i) => ({
      metricName: `${name}_bucket`,
      labels: { le: of.bounds[i] ?? "+Inf" },
      value: (total += count),
    }));
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: of.sum },
      { metricName: `${name}_count`, labels: {}, value: total },
    ];
  };
  const get = () => Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values: values() });
  return { name, help, get, reset: () => undefined };
}

/** A function that is called at most once, when its result is first needed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
