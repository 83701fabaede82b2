// What an action on a page of the server's came to: said in one place, and what a button did is never done twice.

import { refusal } from "../lib/api.js";
import { byId, setMessage } from "../lib/dom.js";
import { day } from "../lib/words.js";

/**
 * Runs what a button is for; a refusal is said on the page.
 *
 * @param {HTMLElement} button
 * @param {() => Promise<unknown>} work
 */
export async function act(button, work) {
  if (button.classList.contains("moving")) return;
  setMessage(byId("activity-message"), "");
  button.classList.add("moving"); // not disabled, which would take the focus away
  try {
    await work();
  } catch (error) {
    const { message, cause } = refusal(error);
    setMessage(byId("activity-message"), message, cause);
    byId("activity-message").scrollIntoView({ block: "nearest" });
  } finally {
    button.classList.remove("moving");
  }
}

/** Every time that the server wrote in UTC, as the clock here has it. */
export function showLocalTimes() {
  for (const time of document.querySelectorAll("main time[datetime]")) {
    time.textContent = day(time.getAttribute("datetime"));
  }
}

/** What only a script can do is offered where there is one; a form shows its answer when something was chosen. */
export function offerActions() {
  for (
    const element of document.querySelectorAll(".actions[hidden], [data-act][hidden], .failed-files input[hidden]")
  ) {
    element.removeAttribute("hidden");
  }
  for (const form of document.querySelectorAll("form.narrow")) {
    if (!(form instanceof HTMLFormElement)) continue;
    form.querySelector("button")?.setAttribute("hidden", "");
    form.addEventListener("change", () => form.requestSubmit());
  }
}
