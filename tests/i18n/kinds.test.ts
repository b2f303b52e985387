import { describe, expect, it } from "vitest";
import { type Kind, KINDS } from "../../src/core/custody/vocabulary.ts";
import { kindName } from "../../src/i18n/kinds.ts";
import { LANGUAGES } from "../../src/i18n/language.ts";

const kinds = Object.keys(KINDS) as Kind[];

describe.each(LANGUAGES)("kindName in %s", (language) => {
  it.each(kinds)("names %s", (kind) => {
    expect(kindName(kind, language)).toMatch(language === "zh" ? /^\p{Script=Han}+$/u : /^[A-Z][a-z ]+$/);
  });

  it("names each kind differently", () => {
    expect(new Set(kinds.map((kind) => kindName(kind, language))).size).toBe(kinds.length);
  });
});
