import { defineConfig } from "vitest/config";
import { FILES, SHARED } from "./tests/suites.ts";

/** `npm test`: everything but the slow files. Data folders lie in memory where there is room, so no disk slows it down. */
export default defineConfig({
  test: {
    ...SHARED,
    include: [FILES.all],
    exclude: [FILES.slow, FILES.bench],
    globalSetup: ["tests/memory-folder.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
