import { defineConfig } from "vitest/config";
import { FILES, SHARED } from "./tests/suites.ts";

/** `npm run test:slow`: kills, full disks, long replays, the demo, packaging and the benchmark. Uses the real disk. */
export default defineConfig({
  test: {
    ...SHARED,
    include: [FILES.slow, FILES.bench],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
