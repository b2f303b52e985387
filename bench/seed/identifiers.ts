import { parseContainer } from "../../src/core/goods/container.ts";
import { mod10CheckDigit } from "../../src/core/goods/mod10.ts";

/** GS1 prefix 952 is for examples. */
const EXAMPLE_PREFIX = "952";

/** A GTIN-13 for a running number up to 10^9. */
export function gtin(n: number): string {
  const body = EXAMPLE_PREFIX + String(n).padStart(9, "0");
  return body + mod10CheckDigit(body);
}

/** A logistic unit's SSCC for a running number up to 10^12. */
export function sscc(n: number): string {
  const body = `3${EXAMPLE_PREFIX}0${String(n).padStart(12, "0")}`;
  return `sscc:${body}${mod10CheckDigit(body)}`;
}

/** A freight container for a running number up to 10^6. */
export function container(n: number): string {
  const body = `SYNU${String(n).padStart(6, "0")}`;
  for (let digit = 0; digit < 10; digit++)
    try {
      return `container:${parseContainer(body + digit)}`;
    } catch {
      // Another check digit (ISO 6346).
    }
  throw new RangeError(`${n} gives no container number`);
}
