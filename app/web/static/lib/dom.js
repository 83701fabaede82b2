// Reaching and making elements. Text always goes through textContent, so a file name can never become markup.

/** @import { Elements } from "./elements.d.ts" */
/** @import { Attribute, Child } from "./types.d.ts" */

/**
 * The element with this id; a missing one is a mistake in the template and throws at once.
 *
 * @template {keyof Elements} Id
 * @param {Id} id
 * @returns {HTMLElementTagNameMap[Elements[Id]]}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`No element #${id}`);
  return /** @type {any} */ (element); // of the kind that elements.d.ts says, which a test holds to the templates
}

/**
 * The first element inside that a selector finds; none is a mistake, too.
 *
 * @param {Element} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function inside(parent, selector) {
  const element = parent.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`No ${selector} in #${parent.id}`);
  return element;
}

/**
 * The element that an event happened in, or the nearest around it that a selector finds; null where there is none.
 *
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function around({ target }, selector) {
  return target instanceof Element ? target.closest(selector) : null;
}

/**
 * A new element: `make("li", { class: "row", onclick: open }, "text", child)`. Null children are left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} attributes
 * @param {(Child | Child[])[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Sets the text only where it differs: an unchanged live region stays silent and a selection survives.
 *
 * @param {Element} element
 * @param {string | number} text
 */
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * Shows the element with this text, or hides it where the text is empty. `cause` is the stable code of a refusal.
 *
 * @param {HTMLElement} element
 * @param {string | null} [text]
 * @param {string} [cause]
 */
export function setMessage(element, text, cause = "") {
  setText(element, text || "");
  element.dataset.cause = cause;
  element.hidden = !text;
}

/** The server answers again: hides every message that said that it does not. Returns whether there was one. */
export function clearOutage() {
  /** @type {NodeListOf<HTMLElement>} */
  const messages = document.querySelectorAll('[data-cause="unreachable"]:not([hidden])');
  for (const message of messages) message.hidden = true;
  return messages.length > 0;
}

/**
 * A sentence of the server: what it sets in backticks as code, its addresses as links.
 *
 * @param {string} sentence
 */
export function rich(sentence) {
  return sentence.split(/(`[^`]+`|https:\/\/\S*\w)/).map((part) => {
    if (part.startsWith("`")) return make("code", {}, part.slice(1, -1));
    return part.startsWith("https://") ? make("a", { href: part, rel: "noreferrer" }, part) : part;
  });
}

/**
 * For screen readers only.
 *
 * @param {string} text
 */
export function spoken(text) {
  return make("span", { class: "visually-hidden" }, text);
}
