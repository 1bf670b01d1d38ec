// Two small helpers for elements. Text goes in as text, never as markup: names come from outside.

export function make(tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}

export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
