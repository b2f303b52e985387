import { raw } from "hono/html";
import type { Verdict } from "../../../scan/answer.ts";

/** One shape per verdict on a 24 by 24 grid, so that they differ without colour. */
const SHAPES: Readonly<Record<Verdict, string>> = {
  genuine: '<path d="M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5z"/><path d="m8 12 3 3 5.5-6"/>',
  not_activated: '<circle cx="12" cy="12" r="9.5"/><path d="M12 6.5V12l3.5 2.5"/>',
  suspicious: '<path d="M12 3 1.8 21h20.4z"/><path d="M12 9.5v5m0 3v.2"/>',
  recalled: '<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z"/><path d="M12 7v6m0 3.6v.2"/>',
  void: '<circle cx="12" cy="12" r="9.5"/><path d="M5.5 5.5l13 13"/>',
  unknown: '<circle cx="12" cy="12" r="9.5"/><path d="m8.5 8.5 7 7m0-7-7 7"/>',
  mistyped: '<path d="M4 20h4L20 8l-4-4L4 16z"/><path d="m13.5 6.5 4 4"/>',
};

/** The white icon of a verdict for the banner. Hidden from screen readers: the words beside it say the same. */
export function verdictIcon(verdict: Verdict) {
  return raw(
    '<svg viewBox="0 0 24 24" fill="none" stroke="#fff" stroke-width="1.75" stroke-linecap="round" ' +
      `stroke-linejoin="round" aria-hidden="true">${SHAPES[verdict]}</svg>`,
  );
}

/** The favicon, inline so that it needs no request. */
export const TAB_ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b6b3e" stroke-width="2">' +
      `${SHAPES.genuine}</svg>`,
  );
