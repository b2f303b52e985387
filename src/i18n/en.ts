import type { Catalogue } from "./texts.ts";

const plural = new Intl.PluralRules("en");

export const en: Catalogue = {
  locale: "en-GB",
  name: "English",
  service: "Suyuan",
  tagline: "Global quality traceability",
  verdicts: {
    genuine: {
      title: "Genuine code",
      meaning: "This code was issued for the product below and is in good standing.",
      advice: ["Check that the name, lot and dates on the product you hold are those shown here."],
    },
    not_activated: {
      title: "Not activated yet",
      meaning:
        "This code was issued, but its enterprise has not activated it: goods that carry it should not be on sale yet.",
      advice: [
        "If you bought it in a shop or online, do not use it yet and ask the seller.",
        "If the seller cannot explain it, report it.",
      ],
    },
    suspicious: {
      title: "Suspicious",
      meaning: "This code was issued, but it does not fit the product in your hand.",
      advice: [
        "Do not use it. Keep the product, its packaging and the receipt.",
        "Contact the seller, and report it.",
      ],
    },
    recalled: {
      title: "Recalled product",
      meaning: "The product with this code is being recalled. Do not use or eat it.",
      advice: [
        "Stop using it at once and keep it apart from other goods.",
        "Keep the product, its packaging and the receipt, and ask the seller for a refund or a replacement.",
      ],
    },
    void: {
      title: "No longer valid",
      meaning: "This code is no longer valid.",
      advice: [
        "Goods with this code should not be on sale: do not use them.",
        "Keep the product and the receipt, contact the seller, and report it.",
      ],
    },
    unknown: {
      title: "No such code",
      meaning:
        "This code was never issued here. Its check character is right, so a typing error is most unlikely.",
      advice: [
        "If the label really shows this code, the label is not one of ours and the product may be a counterfeit.",
        "Do not use it. Keep the product and the receipt, and report it.",
      ],
    },
    mistyped: {
      title: "Check the code",
      meaning: "This is not a complete and correct code.",
      advice: ["Compare it with the label and type all 16 characters again, or scan the QR code once more."],
    },
  },
  reasons: {
    gtin_mismatch:
      "The QR code names a different product from the one this code was issued for. The label may have been taken from other goods.",
    sampled: "This very item was taken as a sample for testing and should not be on sale.",
    void: "The enterprise declared this code void, for example because its label was spoiled.",
    destroyed: "The goods with this code are recorded as destroyed.",
    expired: "This code was not activated in time and has expired.",
    length: "A code has 16 characters.",
    character: (position) =>
      position === undefined
        ? "It has a character that no code has."
        : `Character ${position} cannot be in a code. Codes have only digits and English letters, and never the letter U.`,
    check: "The check character is wrong: a character was misread, or two were swapped.",
    link: "This link does not contain the code of a single item.",
  },
  code: "Code",
  whatToDo: "What to do next",
  complain: "In mainland China, call 12315 to complain or report.",
  scans: {
    title: "Scans of this code",
    none: "No scan of this code is on record yet.",
    first: "This is the first scan of this code",
    repeated: (count) => `This code has been scanned ${count} times`,
    firstOn: (moment) => `First scan: ${moment}`,
    repeatNote:
      "Repeated scans do not make it a fake: shop staff, your family or you yourself may have scanned it. If you have just bought it new and sealed and the first scan was none of these, ask the seller.",
  },
  caution: {
    title: "Caution: scanned in many places",
    scannedWidely: ({ countries, networks, hours, since }) => {
      const places = [
        ...(countries > 1 ? [`${countries} countries or regions`] : []),
        ...(networks > 1 ? [`${networks} networks`] : []),
      ].join(" and ");
      return `In the last ${hours} hours this code was scanned from ${places} (since ${since}). Several items may carry the same code.`;
    },
    note: "Anybody can scan a code, so this proves nothing by itself. If your item was sealed and is not the only one, ask the seller where it is from, and check the PIN if the label has one.",
  },
  recall: {
    title: "About the recall",
    number: "Number",
    level: "Level",
    reason: "Reason",
    advice: "What to do",
    since: "Recalled on",
  },
  product: {
    title: "Product",
    unnamed: "(name not public)",
    brand: "Brand",
    specification: "Specification",
    category: "Category",
    origin: "Origin",
    lot: "Lot",
    productionDate: "Produced on",
    expiryDate: "Use by",
    pastExpiry: "past its date",
    gtin: "GTIN",
    tradeMode: "Trade mode",
    enterprise: "Code ordered by",
  },
  journey: {
    title: "Journey",
    empty: "No step of its journey is public yet.",
    sources: {
      enterprise: "Reported by the enterprise",
      assessor: "Third party",
      authority: "Authority",
      operator: "Platform",
    },
    sourceNote: "Each step shows its source: the enterprise itself, a third party or an authority.",
    signed: "signed",
    corrected: "corrected later",
    conformant: "conformant",
    nonConformant: "not conformant",
    report: "Report",
  },
  pin: {
    title: "Check the PIN under the patch",
    explain:
      "Scratch the patch off the label and enter the six digits. Only the first buyer should have to do so.",
    label: "Six-digit PIN",
    submit: "Check PIN",
    opened: "The PIN is right, and was used for the first time.",
    alreadyOpened: (when) =>
      `The PIN is right, but was used before, on ${when}. If that was not you, ask the seller.`,
    wrong: (triesLeft) =>
      `The PIN is wrong. ${triesLeft} more ${plural.select(Number(triesLeft)) === "one" ? "try" : "tries"} left.`,
    locked: (when) => `Too many tries. Try again after ${when}.`,
    malformed: "A PIN has six digits.",
  },
  form: {
    title: "Type the code",
    label: "The 16 characters on the label",
    placeholder: "45VF-V6GS-11R1-9J3B",
    help: "Capitals and dashes make no difference.",
    submit: "Check",
  },
  home: {
    title: "Is it genuine, and where has it been?",
    lead: "Scan the QR code on the label with your phone's camera, or type the code here.",
  },
  disclaimer: "A code vouches for the label only. Labels can be copied: check the product itself, too.",
  unknownRegion: "region unknown",
  footer: "The records are in a public log that anyone can verify.",
};
