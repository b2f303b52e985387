import type { Label } from "../../src/labels/label.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The label of the project's published test vector. */
export const VECTOR: Label = {
  link: "HTTPS://TRACE.EXAMPLE/01/09520001000010/21/45VFV6GS11R19J3B",
  grouped: "45VF-V6GS-11R1-9J3B",
};

/** A distinct code for every `i` up to 2^20: scrambled, then `i` itself. */
function sampleCode(i: number): string {
  let state = i + 1;
  return Array.from({ length: 16 }, (_, k) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + k;
    return ALPHABET[k < 12 ? state >>> 27 : (i >>> (5 * (15 - k))) & 31];
  }).join("");
}

/** Labels alike but for their codes, which are made up and not sealed. */
export function* sampleLabels(
  count: number,
  extra: Omit<Label, "link" | "grouped"> = {},
  host = "TRACE.EXAMPLE",
): Generator<Label> {
  for (let i = 0; i < count; i++) {
    const code = sampleCode(i);
    const grouped = code.replace(/(.{4})(?=.)/g, "$1-");
    yield { link: `HTTPS://${host}/01/09520001000010/21/${code}`, grouped, ...extra };
  }
}

/** The same as they would come from a store. */
export async function* trickle(count: number): AsyncGenerator<Label> {
  for (const label of sampleLabels(count)) yield await Promise.resolve(label);
}
