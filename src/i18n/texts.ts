/** The text of a verdict: its meaning, and the advice. */
interface VerdictText {
  /** The banner, a few words. */
  title: string;
  /** One or two sentences. */
  meaning: string;
  /** The next steps, one each. */
  advice: readonly string[];
}

/** Every text of the pages in one language: a missing one is a type error. */
export interface Catalogue {
  /** BCP 47, for `lang` and for `Intl`. */
  locale: string;
  /** The language's own name. */
  name: string;
  service: string;
  tagline: string;
  verdicts: {
    genuine: VerdictText;
    not_activated: VerdictText;
    suspicious: VerdictText;
    recalled: VerdictText;
    void: VerdictText;
    unknown: VerdictText;
    mistyped: VerdictText;
  };
  /** The meaning of a verdict that has a reason, in place of the verdict's own meaning. */
  reasons: {
    gtin_mismatch: string;
    sampled: string;
    void: string;
    destroyed: string;
    expired: string;
    length: string;
    character: (position: number | undefined) => string;
    check: string;
    link: string;
  };
  code: string;
  whatToDo: string;
  complain: string;
  scans: {
    title: string;
    none: string;
    first: string;
    /** `count` is at least 2. */
    repeated: (count: string) => string;
    /** `moment` is the time, with the region if known. */
    firstOn: (moment: string) => string;
    /** Says that a repeated scan does not prove a fake, and its other causes. */
    repeatNote: string;
  };
  caution: {
    title: string;
    /** `places` and `since` are formatted; both numbers are 0 where they are not known. */
    scannedWidely: (spread: { countries: number; networks: number; hours: number; since: string }) => string;
    note: string;
  };
  recall: { title: string; number: string; level: string; reason: string; advice: string; since: string };
  product: {
    title: string;
    unnamed: string;
    brand: string;
    specification: string;
    category: string;
    origin: string;
    lot: string;
    productionDate: string;
    expiryDate: string;
    pastExpiry: string;
    gtin: string;
    tradeMode: string;
    enterprise: string;
  };
  journey: {
    title: string;
    empty: string;
    /** The source of a step: data are rated by their source. */
    sources: { enterprise: string; assessor: string; authority: string; operator: string };
    sourceNote: string;
    signed: string;
    corrected: string;
    conformant: string;
    nonConformant: string;
    report: string;
  };
  pin: {
    title: string;
    explain: string;
    label: string;
    submit: string;
    opened: string;
    alreadyOpened: (when: string) => string;
    wrong: (triesLeft: string) => string;
    locked: (when: string) => string;
    malformed: string;
  };
  form: { title: string; label: string; placeholder: string; help: string; submit: string };
  home: { title: string; lead: string };
  disclaimer: string;
  unknownRegion: string;
  footer: string;
}
