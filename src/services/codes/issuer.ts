import { Problem } from "../problem.ts";
import { issueBatch, type IssuingNeeds } from "./issue-batch.ts";

/** Told of an error that stopped a batch: what is meant for the operator alone. */
export type IssuingFailed = (batch: string, error: unknown) => void;

/**
 * Makes the codes of approved batches behind the answers, one batch at a time. What a stop interrupted is begun again at
 * the next start; a batch that failed stays issuing, with the failure shown, until then.
 */
export class Issuer {
  private readonly service: IssuingNeeds;
  private readonly failed: IssuingFailed;
  private readonly queue: string[] = [];
  private readonly failures = new Map<string, string>();
  private current: { id: string; issued: number } | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(service: IssuingNeeds, failed: IssuingFailed) {
    this.service = service;
    this.failed = failed;
  }

  /** Takes up what the store has approved or begun, except what failed since this process started. */
  start(): void {
    for (const status of ["issuing", "approved"] as const)
      for (const { id } of this.service.store.batches.withStatus(status))
        if (!this.failures.has(id)) this.enqueue(id);
  }

  /** Adds an approved batch to those to be made. */
  enqueue(id: string): void {
    if (this.stopped || this.current?.id === id || this.queue.includes(id)) return;
    this.failures.delete(id);
    this.queue.push(id);
    this.running ??= this.run();
  }

  /** How many codes of a batch are made, while it is being issued. */
  issued(id: string): number {
    return this.current?.id === id ? this.current.issued : 0;
  }

  /** Why a batch is not going on, in words for its enterprise. */
  failure(id: string): string | undefined {
    return this.failures.get(id);
  }

  /** Waits until no batch is left to be made. */
  async settled(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** Ends after the slice at hand; what is unfinished is taken up at the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    // Whoever approved it is answered first.
    await this.service.platform.breathe();
    for (let id = this.queue.shift(); id !== undefined && !this.stopped; id = this.queue.shift())
      await this.issue(id);
    this.running = undefined;
  }

  private async issue(id: string): Promise<void> {
    const current = { id, issued: 0 };
    this.current = current;
    try {
      await issueBatch(this.service, id, (issued) => {
        current.issued = issued;
        return !this.stopped;
      });
    } catch (error) {
      const meant = error instanceof Problem ? error.message : "an unexpected error";
      this.failures.set(id, `issuing stopped: ${meant}; it is tried again at the next start`);
      this.failed(id, error);
    }
    this.current = undefined;
  }
}
