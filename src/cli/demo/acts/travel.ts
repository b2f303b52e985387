import { formatCount } from "../../output.ts";
import type { DemoBatch } from "../batch.ts";
import { cream } from "../journeys/cream.ts";
import { eggRolls } from "../journeys/egg-rolls.ts";
import { type Formula, formula } from "../journeys/formula.ts";
import { mixedContainer } from "../journeys/mixed-container.ts";
import { rice } from "../journeys/rice.ts";
import type { Stage, Travelled } from "../journeys/stage.ts";
import { vehicles } from "../journeys/vehicles.ts";
import type { Narrator } from "../narrator.ts";

/** All goods of the story, after their journeys. */
export interface Goods {
  formula: Formula;
  cream: Travelled;
  eggRolls: Travelled & { container: string };
  rice: Travelled & { spoiled: number[] };
  mixed: DemoBatch[];
  cars: DemoBatch;
}

/** Chapters 2 to 4: six kinds of goods travel from their makers to the shops. */
export async function travel(stage: Stage, narrator: Narrator): Promise<Goods> {
  return {
    formula: await formulaChapter(stage, narrator),
    ...(await boxesChapter(stage, narrator)),
    ...(await containerChapter(stage, narrator)),
  };
}

function formulaChapter(stage: Stage, narrator: Narrator): Promise<Formula> {
  return narrator.chapter("2. Infant formula from New Zealand, bonded (trade mode 1210)", async () => {
    const before = stage.custody.events;
    const goods = await formula(stage, {
      ordered: (batch) =>
        narrator.say(`${formatCount(batch.codes.length)} codes ordered, approved, made and downloaded.`),
      reported: () => narrator.say("A laboratory tests the lot and signs its report itself."),
      packed: ({ cartons, pallets }) =>
        narrator.say(`Tins go into ${formatCount(cartons.length)} cartons on ${pallets.length} pallets.`),
      sailed: () => narrator.say("Two sealed containers sail from Auckland to Nansha."),
      cleared: (samples) =>
        narrator.say(`Four documents match, customs take ${samples} tins as samples and release the rest.`),
    });
    narrator.say(
      `A bonded warehouse sends ${goods.parcels} parcels, of which one comes back. ${formatCount(stage.custody.events - before)} events.`,
    );
    return goods;
  });
}

/** Three journeys at a time: while the codes of one are made, events of the others are recorded. */
function boxesChapter(stage: Stage, narrator: Narrator): Promise<Pick<Goods, "cream" | "eggRolls" | "rice">> {
  return narrator.chapter("3. Cream by air (9610), egg rolls under CEPA and rice (0110)", async () => {
    const before = stage.custody.events;
    const arrives = async <T extends Travelled>(
      journey: Promise<T>,
      text: (goods: T) => string,
    ): Promise<T> => {
      const goods = await journey;
      narrator.say(text(goods));
      return goods;
    };
    const [skin, rolls, grain] = await Promise.all([
      arrives(cream(stage), (goods) => `${count(goods)} jars come by air from Korea.`),
      arrives(eggRolls(stage), (goods) => `${count(goods)} tins come by barge from Hong Kong.`),
      arrives(
        rice(stage),
        (goods) =>
          `${count(goods)} bags come by sea from Thailand; ${goods.spoiled.length} labels, spoiled at the press, are void.`,
      ),
    ]);
    narrator.say(`${formatCount(stage.custody.events - before)} events.`);
    return { cream: skin, eggRolls: rolls, rice: grain };
  });
}

function count({ batch }: Travelled): string {
  return formatCount(batch.codes.length);
}

function containerChapter(stage: Stage, narrator: Narrator): Promise<Pick<Goods, "mixed" | "cars">> {
  return narrator.chapter("4. One container, three voyages", async () => {
    narrator.say("NSGU0000018 brought half of the egg rolls and was emptied.");
    const mixed = await mixedContainer(stage);
    const cartons = formatCount(mixed.reduce((sum, { codes }) => sum + codes.length, 0));
    narrator.say(`It takes ${mixed.length} kinds of market goods (${cartons} cartons, 1039) to Jebel Ali.`);
    const cars = await vehicles(stage);
    narrator.say(`It comes back with ${cars.codes.length} parallel-import cars.`);
    return { mixed, cars };
  });
}
