// Presets: parameters that people keep on the server under a name, to be used again in any browser.

import * as api from "../lib/api.js";
import { byId, make, setMessage } from "../lib/dom.js";
import { readParameters, writeParameters } from "./form.js";

/** @import { Preset } from "../lib/types.d.ts" */

/** @type {Preset[]} */
let presets = [];

/** @param {string} chosen the name of the one that the form was filled with */
async function show(chosen = "") {
  presets = (await api.presets().catch(() => null))?.presets ?? presets;
  byId("presets").hidden = presets.length === 0;
  byId("preset").replaceChildren(
    make("option", { value: "" }, "None"),
    ...presets.map(({ name }) => make("option", { value: name, selected: name === chosen }, name)),
  );
}

async function save() {
  const name = byId("preset-name").value.trim();
  try {
    await api.savePreset(name, readParameters());
  } catch (error) {
    const { message, cause } = api.refusal(error);
    setMessage(byId("preset-error"), message, cause);
    return;
  }
  setMessage(byId("preset-error"), "");
  byId("preset-name").value = "";
  await show(name);
}

export function preparePresets() {
  byId("preset").addEventListener("change", () => {
    const preset = presets.find(({ name }) => name === byId("preset").value);
    if (preset) writeParameters(preset.parameters);
  });
  byId("save-preset").addEventListener("click", save);
  byId("preset-name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere in the form it looks through the folders
    save();
  });
  show();
}
