import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { drawRooms, PICTURE, readRooms } from "../scripts/draw-rooms.ts";

it("docs/architecture.svg shows the imports as they are: else run npx node scripts/draw-rooms.ts", () => {
  const drawn = readRooms();
  expect(drawn.rooms.length).toBeGreaterThan(8);
  expect(readFileSync(PICTURE, "utf8")).toBe(drawRooms(drawn));
});
