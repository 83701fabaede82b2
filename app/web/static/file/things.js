// What is said of a thing in a picture, in words.

/** @import { Thing } from "../lib/types.d.ts" */

/** Who says that it is there, and how surely. @param {Thing} thing */
export const told = ({ sources, confidence }) =>
  [...sources.map((source) => source.replaceAll("_", " ")), sure(confidence)].filter(Boolean).join(", ");

/** "90 %"; empty where nobody says. @param {number | null} confidence */
export const sure = (confidence) => (confidence === null ? "" : `${Math.round(confidence * 100)} %`);
