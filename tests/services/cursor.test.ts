import { describe, expect, it } from "vitest";
import { Cursors } from "../../src/services/cursor.ts";

describe("a cursor", () => {
  const list = new Cursors("products", { organisation: undefined, status: "approved" });
  const cursor = list.after(1234, "prd_x");

  it("leads on in its own list, filters that are absent or not named being the same", () => {
    expect(list.placeOf(cursor)).toEqual({ at: 1234, id: "prd_x" });
    expect(new Cursors("products", { status: "approved" }).placeOf(cursor)).toEqual({
      at: 1234,
      id: "prd_x",
    });
    expect(list.placeOf(undefined).at).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    ["another list", new Cursors("batches", { status: "approved" })],
    ["the list with another filter", new Cursors("products", { status: "declined" })],
    ["the list without its filter", new Cursors("products")],
    ["the list of one organisation", new Cursors("products", { organisation: "ent_x", status: "approved" })],
  ])("is refused by %s", (_, other) => {
    expect(() => other.placeOf(cursor)).toThrow("is not a cursor of this list with these filters");
  });

  it.each(["", "x", "AAAA", cursor.slice(1), `${cursor}=`, Buffer.from("1234 prd_x").toString("base64url")])(
    "is not %j",
    (text) => expect(() => list.placeOf(text)).toThrow("is not a cursor"),
  );
});
