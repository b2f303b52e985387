import { describe, expect, it } from "vitest";
import { catalogueOf } from "../../../src/i18n/catalogue.ts";
import { formatOf } from "../../../src/i18n/format.ts";
import { type Language, negotiateLanguage } from "../../../src/i18n/language.ts";

describe("the language of a page", () => {
  it.each<[string | undefined, string | undefined, Language]>([
    [undefined, undefined, "en"],
    [undefined, "zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    [undefined, "en-NZ,en;q=0.9,zh;q=0.8", "en"],
    [undefined, "fr-FR,fr;q=0.9,zh;q=0.5,en;q=0.4", "zh"],
    [undefined, "zh;q=0, en;q=0.1", "en"],
    [undefined, "zh-Hant-HK", "zh"],
    [undefined, "ko", "en"],
    [undefined, ";;q=,=,zh;q=x", "zh"],
    ["zh", "en", "zh"],
    ["EN-us", "zh", "en"],
    ["fr", "zh", "zh"],
  ])("with lang=%s and Accept-Language %s is %s", (asked, accepted, expected) => {
    expect(negotiateLanguage(asked, accepted)).toBe(expected);
  });
});

describe("dates, numbers and places", () => {
  const zh = formatOf("zh", catalogueOf("zh"));
  const en = formatOf("en", catalogueOf("en"));
  const atMs = Date.parse("2026-10-31T17:05:00Z");

  it("are written in the language's form, with the zone", () => {
    expect(zh.moment(atMs)).toBe("2026年11月1日 01:05（北京时间）");
    expect(en.moment(atMs)).toBe("31 October 2026 at 17:05 UTC");
    expect(zh.date("2028-08-19")).toBe("2028年8月19日");
    expect(en.date("2028-08-19")).toBe("19 August 2028");
    expect(en.date("soon")).toBe("soon");
    expect(en.number(12345)).toBe("12,345");
  });

  it("keep a reported time in its own zone", () => {
    expect(en.local("2026-10-31T23:30:00+12:00")).toBe("31 October 2026 at 23:30 (UTC+12:00)");
    expect(en.local("2026-10-31T23:30:00.5Z")).toBe("31 October 2026 at 23:30 (UTC)");
    expect(en.local("yesterday")).toBe("yesterday");
  });

  it("name regions", () => {
    expect([zh.region("CN-GD"), en.region("CN-GD")]).toEqual(["广东省", "Guangdong, China"]);
    expect([zh.region("NZ"), en.region("NZ")]).toEqual(["新西兰", "New Zealand"]);
    expect([zh.region("unknown"), en.region("unknown")]).toEqual(["地区不详", "region unknown"]);
  });
});
