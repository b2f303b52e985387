/** A consistent copy of the live store, as one file. The keys are not in it: they are files of their own. */
export interface Backup {
  /** Absolute path on the service's machine. */
  file: string;
  sizeBytes: number;
  /** RFC 3339, UTC. */
  at: string;
}

/**
 * Copies the live store without stopping it, to a place that the runtime chooses and no caller names. It never leaves
 * the service's machine this way: a copy holds sealed fields, which an operator's API key alone may not open.
 */
export type MakeBackup = () => Promise<Backup>;
