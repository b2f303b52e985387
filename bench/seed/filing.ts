import { decideEnterprise } from "../../src/services/filing/decide-enterprise.ts";
import { decideProduct } from "../../src/services/filing/decide-product.ts";
import { fileEnterprise } from "../../src/services/filing/file-enterprise.ts";
import { fileProduct } from "../../src/services/filing/file-product.ts";
import { registerOrganisation } from "../../src/services/filing/register-organisation.ts";
import type { Service } from "../../src/services/service.ts";
import type { Caller } from "../../src/services/caller.ts";
import { gtin } from "./identifiers.ts";
import { FAMILIES, type Family } from "./plan.ts";

const OPERATOR: Caller = { role: "operator", organisation: "operator", key: "operator" };
const APPROVE = { decision: "approve" } as const;
const COUNTRIES = ["NZ", "KR", "HK", "TH", "DE", "FR", "AU", "US", "JP", "AE", "CL", "VN"] as const;
/** Writes that are on their way together, well under what the writer queues. */
const WAVE = 2000;

/** An organisation with its own API key. */
export interface Organisation {
  id: string;
  caller: Caller;
  secret: string;
}

export interface FiledGoods {
  id: string;
  owner: Organisation;
  family: Family;
  gtin: string | null;
}

/** Runs `work` for 0 to `count` - 1, many at a time, in order of beginning. */
export async function inWaves<T>(count: number, work: (n: number) => Promise<T>, wave = WAVE): Promise<T[]> {
  const done: T[] = [];
  for (let from = 0; from < count; from += wave) {
    const size = Math.min(wave, count - from);
    done.push(...(await Promise.all(Array.from({ length: size }, (_, i) => work(from + i)))));
  }
  return done;
}

/** The operator registers the authority. */
export async function registerAuthority(service: Service): Promise<Organisation> {
  const input = {
    names: { en: "Benchmark Customs", zh: "基准海关" },
    identity: { scheme: "uscc", value: "114401150000000191" },
    country: "CN",
  };
  const filed = await registerOrganisation(service, OPERATOR, "authority", input);
  return organisation("authority", filed.organisation.id, filed.apiKey.id, filed.apiKey.secret);
}

/** An enterprise files itself and is approved. */
export async function admitEnterprise(service: Service, authority: Caller, n: number): Promise<Organisation> {
  const filed = await fileEnterprise(service, {
    names: { en: `Enterprise ${n}`, zh: `企业${n}` },
    identity: { scheme: "national", value: `BENCH-${String(n).padStart(6, "0")}` },
    country: COUNTRIES[n % COUNTRIES.length] as string,
    activities: ["manufacturer", "exporter"],
  });
  await decideEnterprise(service, authority, filed.organisation.id, APPROVE);
  return organisation("enterprise", filed.organisation.id, filed.apiKey.id, filed.apiKey.secret);
}

/** An enterprise files goods and they are approved. Market purchases have no GTIN. */
export async function admitGoods(
  service: Service,
  authority: Caller,
  owner: Organisation,
  n: number,
): Promise<FiledGoods> {
  const family = FAMILIES[n % FAMILIES.length] as Family;
  const number = family.family === "market procurement" ? null : gtin(n);
  const filed = await fileProduct(service, owner.caller, {
    names: { en: `Goods ${n}, ${family.family}`, zh: `商品${n}` },
    brand: `Brand ${n % 997}`,
    specification: `${100 + (n % 900)} g`,
    ...(number === null ? {} : { gtin: number }),
    category: family.category,
    hsCode: family.hsCode,
    originCountry: COUNTRIES[n % COUNTRIES.length] as string,
  });
  await decideProduct(service, authority, filed.id, APPROVE);
  return { id: filed.id, owner, family, gtin: filed.gtin };
}

function organisation(
  role: "enterprise" | "authority",
  id: string,
  key: string,
  secret: string | null,
): Organisation {
  if (secret === null) throw new Error(`the first key of ${id} came without its secret`);
  return { id, caller: { role, organisation: id, key }, secret };
}
