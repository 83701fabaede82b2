// Keeps the dashboard up to date: the page is fetched again, and what is new in it takes the place of what was there. At
// once, every so many seconds, and while a session runs as its files come.

import * as api from "../lib/api.js";
import { byId, setMessage, setText } from "../lib/dom.js";
import { fetched } from "../lib/fetched.js";
import { onPresence } from "../lib/presence.js";
import { ago, day } from "../lib/words.js";
import { unhurried } from "../lib/unhurried.js";
import { whileSeen } from "../lib/watch.js";
import { onChange } from "../shared/following.js";
import { showDays } from "./days.js";

const GONE = "The server does not answer. These are its last numbers; reconnecting.";

let shownAt = Date.now();
/** @type {(() => void) | null} */
let stop = null;

async function refresh() {
  try {
    const answer = await fetched(location.pathname + location.search);
    setMessage(byId("dashboard-message"), "");
    take(answer);
    shownAt = Date.now();
    showAge();
  } catch (error) {
    const { message, cause } = api.refusal(error);
    setMessage(byId("dashboard-message"), message, cause);
  }
}

const looks = unhurried(refresh);

/**
 * Puts what is new in place. What is the same stays, and with it the focus; where it was in a list that changed, it goes to
 * the same link there.
 *
 * @param {Document} answer
 */
function take(answer) {
  const [old, fresh] = [byId("dashboard"), answer.getElementById("dashboard")];
  if (!fresh) return;
  localTimes(fresh);
  const focused = document.activeElement?.getAttribute("href");
  for (const details of fresh.querySelectorAll("details[data-keep]")) {
    const name = details.getAttribute("data-keep");
    details.toggleAttribute("open", old.querySelector(`details[data-keep="${name}"]`)?.hasAttribute("open") ?? false);
  }
  if (parts(old) === parts(fresh)) {
    for (const part of old.querySelectorAll("[data-part]")) {
      const now = fresh.querySelector(`[data-part="${part.getAttribute("data-part")}"]`);
      if (now && now.outerHTML !== part.outerHTML) replace(part, now);
    }
  } else old.replaceChildren(...fresh.childNodes);
  if (focused && document.activeElement === document.body) {
    const again = old.querySelector(`a[href="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
  showDays();
}

/**
 * Puts a part in place of what it was, scrolled as far and with the focus where that was.
 *
 * @type {(old: Element, now: Element) => void}
 */
function replace(old, now) {
  const [was, is] = [scrolled(old), scrolled(now)];
  const at = was ? [was.scrollLeft, was.scrollTop] : [0, 0];
  const focused = was === document.activeElement;
  old.replaceWith(now);
  is?.scrollTo(at[0] ?? 0, at[1] ?? 0);
  if (focused && is instanceof HTMLElement) is.focus({ preventScroll: true });
}

/** @param {Element} part */
const scrolled = (part) => part.querySelector(".scrolls");

/** @param {Element} inside */
const parts = (inside) =>
  [...inside.querySelectorAll("[data-part]")].map((part) => part.getAttribute("data-part")).join();

/** @param {Element} inside */
function localTimes(inside) {
  for (const time of inside.querySelectorAll("time[datetime]")) time.textContent = day(time.getAttribute("datetime"));
}

function showAge() {
  setText(byId("dashboard-age"), `Updated ${ago((Date.now() - shownAt) / 1_000)}`);
}

/** Looks every so many seconds; 0 is never. @param {number} seconds */
function every(seconds) {
  stop?.();
  stop = seconds ? whileSeen(looks.now, seconds * 1_000) : null;
}

/** The page that the form leads to looks as often. @param {string} seconds */
function keepInForm(seconds) {
  const kept = document.querySelector('form.narrow input[name="refresh"]');
  if (kept instanceof HTMLInputElement) kept.value = seconds === "0" ? "" : seconds;
}

function prepare() {
  byId("dashboard-look").hidden = false;
  byId("dashboard-refresh").addEventListener("click", looks.now);
  const choice = byId("dashboard-every");
  choice.addEventListener("change", () => {
    const address = new URL(location.href);
    if (choice.value === "0") address.searchParams.delete("refresh");
    else address.searchParams.set("refresh", choice.value);
    history.replaceState(null, "", address);
    every(Number(choice.value));
    keepInForm(choice.value);
    looks.now(); // the links of the page have it, too
  });
  every(Number(choice.value));
  localTimes(byId("dashboard"));
  showDays();
  showAge();
  setInterval(showAge, 1_000);
  onPresence((gone) => {
    if (gone) setMessage(byId("dashboard-message"), GONE, "unreachable");
    else looks.now();
  });
  onChange(looks.soon);
}

const form = document.querySelector("form.narrow");
const root = document.getElementById("dashboard-root");
if (form instanceof HTMLFormElement) {
  root?.addEventListener("change", () => form.requestSubmit());
  // An empty field is not part of an address.
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}
if (document.getElementById("dashboard")) prepare();
