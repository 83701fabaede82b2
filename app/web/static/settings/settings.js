// What a person keeps on the server: folders added and removed, presets deleted, the NSFW threshold; notifications tried
// and sent anew. What stands in the lists is the server's.

import * as api from "../lib/api.js";
import { around, byId, setMessage } from "../lib/dom.js";
import { count } from "../lib/words.js";
import { act, offerActions, showLocalTimes } from "../shared/acting.js";
import { ask } from "../shared/confirm.js";

/** @param {HTMLElement} item */
async function remove({ dataset }) {
  const name = dataset.root ?? "";
  const rows = Number(dataset.rows);
  const stays = rows ? ` The library keeps what it knows of its ${count(rows, "file")}.` : "";
  const yes = await ask({
    title: `Remove ${name}?`,
    text: `No more is taken in from this folder.${stays} No file on disk is touched.`,
    yes: "Remove it",
    no: "Keep it",
  });
  if (!yes) return;
  await api.removeRoot(name);
  location.reload();
}

/** @param {HTMLElement} item */
async function forget({ dataset }) {
  const name = dataset.root ?? "";
  const rows = Number(dataset.rows);
  const yes = await ask({
    title: `Forget the files of ${name}?`,
    text: `The library forgets ${
      count(rows, "file")
    }. What you said of them comes back with them. No file on disk is touched.`,
    yes: `Forget ${count(rows, "file")}`,
    no: "Keep them",
  });
  if (!yes) return;
  await api.removeRoot(name, rows);
  location.reload();
}

/** @param {HTMLElement} item */
async function deletePreset({ dataset }) {
  const name = dataset.preset ?? "";
  const text = "It is deleted for every browser.";
  if (!(await ask({ title: `Delete ${name}?`, text, yes: "Delete it", no: "Keep it" }))) return;
  await api.deletePreset(name);
  location.reload();
}

/** Says below the button what became of a message to each target. */
async function tryTargets() {
  const { targets } = await api.testNotifications();
  const lines = targets.map(({ target, error }) => {
    const line = document.createElement("li");
    line.textContent = `${target}: ${error ?? "it was taken."}`;
    return line;
  });
  byId("notify-tried").replaceChildren(...lines);
  byId("notify-tried").hidden = false;
}

/** @param {HTMLElement} item */
async function replay({ dataset }) {
  await api.replayNotification(Number(dataset.notification));
  location.reload();
}

/** @type {Record<string, (item: HTMLElement) => Promise<void>>} */
const ACTIONS = { remove, forget, delete: deletePreset, replay, try: tryTargets };

document.addEventListener("click", (event) => {
  const button = around(event, "[data-act]");
  const item = around(event, "[data-root], [data-preset], [data-notification], section");
  const work = ACTIONS[button?.dataset.act ?? ""];
  if (button && item && work) act(button, () => work(item));
});

/** A name for a folder, as long as a person has not written one: the last part of its path. */
function proposeName() {
  if (byId("root-name").dataset.own) return;
  byId("root-name").value = byId("root-path").value.trim().replace(/\/+$/, "").split("/").at(-1) ?? "";
}

async function addRoot() {
  const fields = { path: byId("root-path-error"), name: byId("root-name-error") };
  for (const message of Object.values(fields)) setMessage(message, "");
  try {
    await api.addRoot(byId("root-name").value.trim(), byId("root-path").value.trim());
    location.reload();
  } catch (error) {
    const { message, cause, field } = api.refusal(error);
    if (field !== "path" && field !== "name") throw error;
    setMessage(fields[field], message, cause);
    byId(field === "path" ? "root-path" : "root-name").focus();
  }
}

const form = document.getElementById("add-root"); // only where this browser may add one
if (form instanceof HTMLFormElement) {
  form.hidden = false;
  byId("root-path").addEventListener("input", proposeName);
  byId("root-name").addEventListener("input", () => {
    byId("root-name").dataset.own = byId("root-name").value;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(form, addRoot);
  });
}

/** A threshold that the server takes is that of every page at once; a wrong one is said at its field. */
async function setThreshold() {
  setMessage(byId("threshold-error"), "");
  try {
    await api.setThreshold(byId("library-threshold").valueAsNumber);
    location.reload();
  } catch (error) {
    const { message, cause, field } = api.refusal(error);
    if (field !== "threshold") throw error;
    setMessage(byId("threshold-error"), message, cause);
    byId("library-threshold").focus();
  }
}

const threshold = document.getElementById("set-threshold"); // only where there is a library
if (threshold instanceof HTMLFormElement) {
  threshold.hidden = false;
  threshold.addEventListener("submit", (event) => {
    event.preventDefault();
    act(threshold, setThreshold);
  });
}
offerActions();
showLocalTimes();
