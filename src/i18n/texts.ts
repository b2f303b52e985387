/** A sentence or two on what a verdict means, and what to do. */
interface VerdictText {
  /** The banner, a few words. */
  title: string;
  /** What it means. */
  meaning: string;
  /** What to do next, a step each. */
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
  /** Why, for verdicts that have reasons; it takes the place of the verdict's meaning. */
  reasons: {
    gtin_mismatch: string;
    sampled: string;
    many_regions: string;
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
    /** When, and where as far as that is known. */
    firstOn: (moment: string) => string;
    /** A repeat is not a fake: what it may mean. */
    repeatNote: string;
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
    /** Who says it (data are rated by their source). */
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
