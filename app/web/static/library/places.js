// Where a list was left, so that it is found there again: kept by this tab, for the last few lists.

import { savedPlaces, savePlaces } from "./kept.js";

/** @import { Place, SearchView } from "../lib/types.d.ts" */

const KEPT = 20;

/** @param {SearchView} list */
const keyOf = ({ q, sort, order }) => JSON.stringify([q, sort, order]);

/** Keeps the place of a list as the newest. @type {(list: SearchView, place: Place) => void} */
export function keepPlace(list, place) {
  const key = keyOf(list);
  const others = savedPlaces().filter(([other]) => other !== key);
  savePlaces([...others, /** @type {[string, Place]} */ ([key, place])].slice(-KEPT));
}

/** Where a list was left, null where it was not. @type {(list: SearchView) => Place | null} */
export function keptPlace(list) {
  const key = keyOf(list);
  return savedPlaces().find(([other]) => other === key)?.[1] ?? null;
}
