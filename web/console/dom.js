// Building the page. Text from the server only ever becomes a text node or an attribute, never markup.

const svgNamespace = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(svgNamespace, tag), attributes, children);

const keyOf = (node) => node.dataset?.key;
const alike = (old, fresh) => old?.nodeName === fresh.nodeName && keyOf(old) === keyOf(fresh);

// What a person has opened stays open.
function renew(old, fresh) {
  if (fresh.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const {name} of [...old.attributes]) if (name !== 'open' && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  renewChildren(old, [...fresh.childNodes]);
}

function renewChildren(place, fresh) {
  const wanted = new Set(fresh.map(keyOf));
  for (const old of [...place.children]) if (keyOf(old) && !wanted.has(keyOf(old))) old.remove();
  const keyed = new Map([...place.children].map((old) => [keyOf(old), old]));
  let next = place.firstChild;
  for (const child of fresh) {
    const old = keyOf(child) ? keyed.get(keyOf(child)) : next;
    keyed.delete(keyOf(child));
    if (!alike(old, child)) {
      place.insertBefore(child, next);
      continue;
    }
    if (old === next) next = next.nextSibling;
    else place.insertBefore(old, next);
    renew(old, child);
  }
  while (next) {
    const over = next;
    next = next.nextSibling;
    over.remove();
  }
}

// As place.replaceChildren, but what is as it was stays, and with it focus and selection. An element is known by its
// data-key, or else by its place. Its listeners are those of the first drawing: they may use only what the key says.
export function redraw(place, ...children) {
  const focused = document.activeElement;
  renewChildren(place, [...h('div', {}, children).childNodes]);
  if (focused !== document.activeElement && focused.isConnected) focused.focus({preventScroll: true});
}

// A link out of the console; anything but http(s) stays plain text (a label could spell javascript:).
export function outward(url, text) {
  if (!/^https?:\/\//i.test(url)) return h('span', {}, text);
  return h('a', {href: url, target: '_blank', rel: 'noopener noreferrer'}, text);
}

export function table(columns, rows, name) {
  const head = h('tr', {}, columns.map((column) => h('th', {scope: 'col', class: column.class}, column.title)));
  const body = rows.map((row) => h('tr', {class: row.class, 'data-key': row.key}, row.cells.map((cell, i) =>
    h('td', {class: columns[i].class, 'data-title': columns[i].title}, cell))));
  return h('div', {class: 'scroll'}, h('table', {'aria-label': name}, h('thead', {}, head), h('tbody', {}, body)));
}

export function empty(title, text) {
  return h('div', {class: 'empty'}, h('strong', {}, title), h('p', {}, text));
}

export async function copyText(text, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    // Without TLS browsers offer no clipboard; the old way still works there.
    const area = h('textarea', {class: 'offscreen', 'aria-hidden': 'true'});
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand('copy');
    area.remove();
    button.focus();
  }
  const before = button.textContent;
  button.textContent = done ? 'Copied' : 'Select and copy by hand';
  setTimeout(() => { button.textContent = before; }, 1500);
}
