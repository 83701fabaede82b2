// The bar of what descriptions cost, on every page: the server draws it for the project that was chosen in any tab, and it
// follows what sessions do.

import { byId, inside } from "../lib/dom.js";
import { fetched } from "../lib/fetched.js";
import { onPresence } from "../lib/presence.js";
import { keep, read } from "../lib/storage.js";
import { unhurried } from "../lib/unhurried.js";
import { onChange } from "./following.js";

const PROJECT_KEY = "media-ingest-project"; // the media root that was chosen, in all tabs
const FIGURES = ":scope > :not(label)";

const saved = () => read("localStorage", PROJECT_KEY) ?? "";

let project = saved();
let asked = 0;

/** Fetches the bar and puts it in place; where it cannot be had, the one that is there stays. */
async function show() {
  const mine = (asked += 1);
  const answer = await fetched(`/api/describe/spending?root=${encodeURIComponent(project)}`).catch(() => null);
  const [old, fresh] = [byId("spending"), answer?.getElementById("spending")];
  if (!fresh || mine !== asked || fresh.innerHTML === old.innerHTML) return;
  const focused = document.activeElement;
  if (choice(old) === choice(fresh)) { // it may be open
    for (const part of old.querySelectorAll(FIGURES)) part.remove();
    old.append(...fresh.querySelectorAll(FIGURES));
  } else old.replaceChildren(...fresh.childNodes);
  if (focused && !focused.isConnected) inside(old, focused.id ? `#${focused.id}` : "a").focus({ preventScroll: true });
}

/** @param {Element} bar */
const choice = (bar) => bar.querySelector("label")?.outerHTML;

const looks = unhurried(show);

document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLSelectElement) || target.id !== "spending-root") return;
  project = target.value;
  keep("localStorage", PROJECT_KEY, project || null);
  show();
});
addEventListener("storage", ({ key }) => {
  if (key !== PROJECT_KEY && key !== null) return;
  project = saved();
  show();
});
onPresence((gone) => {
  if (!gone) looks.soon();
});
onChange(looks.soon);
looks.now();
