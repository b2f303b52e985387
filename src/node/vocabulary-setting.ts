import { defaultVocabularyBase } from "../core/custody/vocabulary-base.ts";
import { StoreRefused } from "../store/binding.ts";
import type { Store } from "../store/store.ts";
import type { Config } from "./config.ts";

/** The name of the base among the store's facts. */
export const VOCABULARY = "vocabulary";
/** The base in the answers of versions that had no setting. */
const UNSET = "https://suyuan.example/vocabulary/";

/**
 * The base of our own business steps for a new store.
 * @throws RangeError for a host that cannot be part of it
 */
export function chooseVocabulary({ vocabulary, host }: Config): string {
  if (vocabulary !== null) return vocabulary;
  try {
    return defaultVocabularyBase(host);
  } catch (error) {
    throw new RangeError(
      `SUYUAN_HOST ${host} has a hyphen, which GS1's link sets refuse in the URIs of business steps: ` +
        "set SUYUAN_VOCABULARY to an https URI of yours without one, such as https://trace.example.org/vocabulary/",
      { cause: error },
    );
  }
}

/**
 * The base that a started store uses. A store of a version without this setting chooses it now.
 * @throws StoreRefused where the setting differs from the stored base
 */
export function storedVocabulary(store: Store, config: Config): string {
  const stored = store.service.meta(VOCABULARY);
  if (!stored) return adopt(store, config);
  if (config.vocabulary !== null && config.vocabulary !== stored)
    throw new StoreRefused(
      `SUYUAN_VOCABULARY is ${config.vocabulary}, but the first start fixed ${stored}: unset it, or set that`,
    );
  return stored;
}

function adopt(store: Store, config: Config): string {
  let base: string;
  try {
    base = chooseVocabulary(config);
  } catch (error) {
    // The store continues; the operator may set the base at a later start.
    console.error(`suyuan: business steps still stand at ${UNSET}: ${(error as Error).message}`);
    return UNSET;
  }
  store.transact(() => store.service.setMeta(VOCABULARY, base));
  return base;
}
