import { describe, expect, it } from "vitest";
import { parseScript } from "./script.ts";

describe("a script", () => {
  it("has tests of requests, each with what its answer must have", () => {
    const text = [
      "# A comment.",
      "== Redirects (app)",
      "",
      "POST /here",
      "Accept: */*",
      '> {"a":1}',
      "=> 303",
      "Location: /there",
      "!ETag",
      "~ (empty)",
    ].join("\n");
    expect(parseScript("a.txt", text)).toEqual([
      {
        name: "Redirects",
        only: "app",
        exchanges: [
          {
            place: "a.txt:4",
            method: "POST",
            path: "/here",
            headers: [["Accept", "*/*"]],
            body: ['{"a":1}'],
            status: 303,
            present: [["Location", "/there"]],
            absent: ["ETag"],
            contains: ["(empty)"],
          },
        ],
      },
    ]);
  });

  it.each([
    ["a request before the first test", "GET /", 'a.txt:1: a request must follow a line "== name"'],
    ["a line that is nothing", "== x\nGET /\nwhat is this", "a.txt:3: not understood: what is this"],
    [
      "a request without a status",
      "== x\nGET /\nAccept: */*",
      'a.txt:2: the request has no line "=> status"',
    ],
    ["a body after the status", "== x\nPOST /\n=> 200\n> {}", "a.txt:4: not understood: > {}"],
    ["a check before the status", "== x\nGET /\n~ text", "a.txt:3: not understood: ~ text"],
    ["a method that does not exist", "== x\nFETCH /", "a.txt:2: not understood: FETCH /"],
  ])("is refused with %s, at its line", (_what, text, message) => {
    expect(() => parseScript("a.txt", text)).toThrow(new SyntaxError(message));
  });
});
