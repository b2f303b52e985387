import { Problem } from "../problem.ts";
import { issueBatch, type IssuingNeeds } from "./issue-batch.ts";

/** Reports an error that stopped a batch to the operator. */
export type IssuingFailed = (batch: string, error: unknown) => void;

/**
 * Makes the codes of approved batches in the background, one batch at a time. The next start resumes an interrupted batch; a
 * failed batch stays issuing, with its failure shown, until then.
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

  /** Queues the approved and issuing batches of the store, except those that failed in this process. */
  start(): void {
    for (const status of ["issuing", "approved"] as const)
      for (const { id } of this.service.store.batches.withStatus(status))
        if (!this.failures.has(id)) this.enqueue(id);
  }

  /** Queues an approved batch. */
  enqueue(id: string): void {
    if (this.stopped || this.current?.id === id || this.queue.includes(id)) return;
    this.failures.delete(id);
    this.queue.push(id);
    this.running ??= this.run();
  }

  /** The number of codes made so far of a batch that is being issued. */
  issued(id: string): number {
    return this.current?.id === id ? this.current.issued : 0;
  }

  /** The reason why issuing of a batch stopped, for its enterprise. */
  failure(id: string): string | undefined {
    return this.failures.get(id);
  }

  /** Resolves when no batch is left to be made. */
  async settled(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** Resolves when the current slice is done; the next start resumes unfinished batches. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    // The answer to the approval goes first.
    await this.service.platform.yield();
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
      const shown = error instanceof Problem ? error.message : "an unexpected error";
      this.failures.set(id, `issuing stopped: ${shown}; the next start tries again`);
      this.failed(id, error);
    }
    this.current = undefined;
  }
}
