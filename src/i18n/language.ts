/** The languages of the pages, the fallback last. */
export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const FALLBACK: Language = "en";
/** Most language ranges that are read; browsers send fewer. */
const MAX_RANGES = 32;

/** The language of a `lang` parameter, if it is supported: `zh`, `zh-CN`, `EN`. */
function languageOf(tag: string | undefined): Language | undefined {
  const primary = tag?.trim().toLowerCase().split("-", 1)[0];
  return LANGUAGES.find((language) => language === primary);
}

/**
 * The page's language: the requested one, else the best of `Accept-Language` (RFC 9110, 12.5.4), else English.
 *
 * @param asked the `lang` parameter
 * @param accepted the header
 */
export function negotiateLanguage(asked: string | undefined, accepted: string | undefined): Language {
  return languageOf(asked) ?? bestAccepted(accepted ?? "") ?? FALLBACK;
}

function bestAccepted(header: string): Language | undefined {
  const ranges = header.split(",", MAX_RANGES).map((range) => {
    const [tag = "", ...parameters] = range.split(";");
    return { language: languageOf(tag), quality: qualityOf(parameters) };
  });
  let best: { language: Language; quality: number } | undefined;
  for (const { language, quality } of ranges)
    if (language !== undefined && quality > (best?.quality ?? 0)) best = { language, quality };
  return best?.language;
}

function qualityOf(parameters: string[]): number {
  for (const parameter of parameters) {
    const quality = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i.exec(parameter)?.[1];
    if (quality !== undefined) return Number(quality);
  }
  return 1;
}
