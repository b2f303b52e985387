import { provinceFromIso } from "../core/goods/province.ts";
import type { Catalogue } from "./texts.ts";
import type { Language } from "./language.ts";

/** Times are in Beijing time for Chinese, else in UTC: the page does not know the reader's zone. */
const CLOCKS: Readonly<Record<Language, { timeZone: string; label: string }>> = {
  zh: { timeZone: "Asia/Shanghai", label: "（北京时间）" },
  en: { timeZone: "UTC", label: " UTC" },
};

/** Formats dates, numbers and places in one language. */
export interface Format {
  /** A calendar date `YYYY-MM-DD`; any other text is returned unchanged. */
  date(date: string): string;
  /** A moment, with its zone named. */
  moment(atMs: number): string;
  /** A reported time (RFC 3339), shown in its own zone. */
  local(at: string): string;
  number(value: number): string;
  /** ISO 3166-1 alpha-2; any other text is returned unchanged. */
  country(code: string): string;
  /** A country, a mainland province or `unknown`. */
  region(region: string): string;
}

const made = new Map<Language, Format>();

export function formatOf(language: Language, catalogue: Catalogue): Format {
  const known = made.get(language);
  if (known !== undefined) return known;
  const format = makeFormat(language, catalogue);
  made.set(language, format);
  return format;
}

function makeFormat(language: Language, { locale, unknownRegion }: Catalogue): Format {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const wallClock = new Intl.DateTimeFormat(locale, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  const { timeZone, label } = CLOCKS[language];
  const here = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", timeZone });
  const numbers = new Intl.NumberFormat(locale);
  const countries = new Intl.DisplayNames(locale, { type: "region", fallback: "code" });
  const country = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code);
  return {
    date: (date) => {
      const atMs = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(date) : Number.NaN;
      return Number.isNaN(atMs) ? date : day.format(atMs);
    },
    moment: (atMs) => here.format(atMs) + label,
    local: (at) => {
      const [, clock, zone] =
        /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.exec(at) ?? [];
      const atMs = Date.parse(`${clock}Z`);
      if (zone === undefined || Number.isNaN(atMs)) return at;
      return `${wallClock.format(atMs)} (UTC${/^z|^[+-]00:00$/i.test(zone) ? "" : zone})`;
    },
    number: (value) => numbers.format(value),
    country,
    region: (region) => {
      if (region === "unknown") return unknownRegion;
      if (!region.startsWith("CN-")) return country(region);
      const { name } = provinceFromIso(region);
      return language === "zh" ? name.zh : `${name.en}, ${country("CN")}`;
    },
  };
}
