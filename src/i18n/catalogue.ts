import { en } from "./en.ts";
import type { Language } from "./language.ts";
import type { Catalogue } from "./texts.ts";
import { zh } from "./zh.ts";

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { zh, en };

export function catalogueOf(language: Language): Catalogue {
  return CATALOGUES[language];
}
