import type { Client } from "../client.ts";
import { type ActorsFixture, type Filing, readFixture } from "./fixtures.ts";

/** An organisation of the story, with its own API key. */
export interface Actor {
  id: string;
  key: string;
  name: string;
}

export interface Actors {
  operatorKey: string;
  authority: Actor;
  lab: Actor;
  enterprise: (name: string) => Actor;
  count: number;
  /** Countries and regions (ISO 3166-1) that they are from. */
  countries: number;
}

interface Filed {
  organisation: { id: string; names: { en: string } };
  apiKey: { secret: string };
}

/** The operator registers authority and laboratory; enterprises file themselves and the authority approves them. */
export async function gatherActors(client: Client, operatorKey: string, nowMs: number): Promise<Actors> {
  const fixture = readFixture("actors", nowMs) as ActorsFixture;
  const register = async (role: string, filing: Filing): Promise<Actor> =>
    actorOf(
      await client.call<Filed>("POST", "/v1/organisations", { body: { role, ...filing }, key: operatorKey }),
    );
  const authority = await register("authority", fixture.authority);
  const lab = await register("assessor", fixture.assessors["lab"] as Filing);
  const enterprises = new Map<string, Actor>();
  for (const [name, filing] of Object.entries(fixture.enterprises)) {
    const actor = actorOf(await client.call<Filed>("POST", "/v1/enterprises", { body: filing }));
    await approve(client, authority, `/v1/enterprises/${actor.id}`);
    enterprises.set(name, actor);
  }
  return {
    operatorKey,
    authority,
    lab,
    count: enterprises.size + 2,
    countries: new Set(Object.values(fixture.enterprises).map(({ country }) => country)).size,
    enterprise(name) {
      const actor = enterprises.get(name);
      if (actor === undefined) throw new RangeError(`no actor is named ${name}`);
      return actor;
    },
  };
}

export function approve(client: Client, authority: Actor, path: string): Promise<unknown> {
  return client.call("POST", `${path}/decision`, { body: { decision: "approve" }, key: authority.key });
}

function actorOf({ organisation, apiKey }: Filed): Actor {
  return { id: organisation.id, key: apiKey.secret, name: organisation.names.en };
}
