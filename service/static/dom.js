// Makes elements. Data only ever becomes text or an attribute, never markup.

/** An element; of its properties, class, text and data are short names, and on… are listeners. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button that says something and does it; `plain` ones look like words. */
export const button = (text, onclick, more = {}) => el("button", { type: "button", text, onclick, ...more });

export const plain = (text, onclick, more = {}) => button(text, onclick, { class: "plain", ...more });

export const byId = (id) => document.getElementById(id);

/** Text that screen readers say once what they are saying is said. */
export function announce(text) {
  byId("live").textContent = text;
}

/** Has the browser save a file of some content, a text or a Blob. */
export function save(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
