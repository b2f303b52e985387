/** The exit code of a process ended by SIGINT, by the convention of shells: 128 + 2. */
const INTERRUPTED = 130;
/** One Ctrl-C can arrive twice: from the terminal, and from npm or bin/suyuan.cjs, which forward it. */
const REPEATED_WITHIN_MS = 200;
/** A terminal that closes sends SIGHUP. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A second, at least 0.2 s later, ends the process. SIGUSR1 has no effect
 * from now on: without a listener, Node opens its debugger, which runs any code for anybody on the machine.
 */
export function signalled(): Promise<void> {
  process.on("SIGUSR1", () => undefined);
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    for (const signal of ENDING)
      process.on(signal, () => {
        if (firstMs !== undefined && performance.now() - firstMs > REPEATED_WITHIN_MS)
          process.exit(INTERRUPTED);
        firstMs ??= performance.now();
        resolve();
      });
  });
}
