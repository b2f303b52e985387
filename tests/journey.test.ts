import { mainJourney } from "./journey.ts";
import { servedInProcess, servedOnSocket } from "./served-on-node.ts";

mainJourney("Node, in process", servedInProcess);
mainJourney("Node, over a socket", servedOnSocket);
