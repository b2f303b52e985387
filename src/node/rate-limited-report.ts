const EVERY_MS = 10_000;

/** Prints a line at most once in 10 s, with the number of times that it stands for. */
export function rateLimitedReport(
  line: (times: number) => string,
  print: (text: string) => void = console.error,
  now: () => number = () => performance.now(),
): () => void {
  let times = 0;
  let printedMs = -Infinity;
  return () => {
    times += 1;
    if (now() - printedMs < EVERY_MS) return;
    printedMs = now();
    print(line(times));
    times = 0;
  };
}
