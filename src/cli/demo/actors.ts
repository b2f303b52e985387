import type { Client } from "../client.ts";
import { type ActorsFixture, type Filing, readFixture } from "./fixtures.ts";

/** An organisation of the story, with its own API key. */
export interface Actor {
  id: string;
  key: string;
  name: string;
}

export interface Actors {
  authority: Actor;
  lab: Actor;
  /** @throws RangeError for a name that the fixture does not have */
  enterprise: (name: string) => Actor;
  count: number;
  /** How many countries and regions (ISO 3166-1) the enterprises are from. */
  countries: number;
}

interface Filed {
  organisation: { id: string; names: { en: string } };
  apiKey: { secret: string };
}

/** The operator registers the authority and the laboratory. Enterprises file themselves, the authority approves each. */
export async function gatherActors(client: Client, operatorKey: string, nowMs: number): Promise<Actors> {
  const fixture = readFixture("actors", nowMs) as ActorsFixture;
  const register = async (role: string, filing: Filing): Promise<Actor> =>
    actorOf(
      await client.call<Filed>("POST", "/v1/organisations", { body: { role, ...filing }, key: operatorKey }),
    );
  const authority = await register("authority", fixture.authority);
  const fileItself = async ([name, filing]: [string, Filing]): Promise<[string, Actor]> => {
    const actor = actorOf(await client.call<Filed>("POST", "/v1/enterprises", { body: filing }));
    await approve(client, authority, `/v1/enterprises/${actor.id}`);
    return [name, actor];
  };
  const filings = Object.entries(fixture.enterprises);
  const [lab, ...filed] = await Promise.all([
    register("assessor", fixture.assessors["lab"] as Filing),
    ...filings.map(fileItself),
  ]);
  const enterprises = new Map(filed);
  return {
    authority,
    lab,
    count: enterprises.size + 2,
    countries: new Set(filings.map(([, { country }]) => country)).size,
    enterprise(name) {
      const actor = enterprises.get(name);
      if (actor === undefined) throw new RangeError(`fixtures/goods/actors.json has no enterprise ${name}`);
      return actor;
    },
  };
}

/** The authority approves what stands at a path of the API, such as `/v1/products/prd_…`. */
export function approve(client: Client, authority: Actor, path: string): Promise<unknown> {
  return client.call("POST", `${path}/decision`, { body: { decision: "approve" }, key: authority.key });
}

function actorOf({ organisation, apiKey }: Filed): Actor {
  return { id: organisation.id, key: apiKey.secret, name: organisation.names.en };
}
