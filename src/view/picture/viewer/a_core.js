'use strict';
// What every file of the page shares. Texts of the model reach the page through textContent and fillText alone.
const attnx = (() => {
  // Rows: {id, title, place, make}. A view that needs data names it in `needs`, one that is not always there says so in
  // there(); `key` shows it; what it keeps in the address is in `keeps`: [name, in the state, as at first, of a text].
  const panels = [];
  const listeners = {}; // by event
  // What is looked at. `head` is a number or 'mean', `token` the one whose row or column is shown.
  const state = {
    layer: 0, head: 'mean', token: null, direction: 'out', panel: 'map', metric: null, scale: 'sqrt',
    colours: 'viridis', first: true, threshold: 0.1, theme: 'auto',
  };
  let point = null; // {query, key} under the pointer
  let waiting = null;

  const on = (event, listener) => (listeners[event] ??= []).push(listener);
  const tell = (event, what) => { for (const listener of listeners[event] ?? []) listener(what); };

  // Changes take effect together, before the next picture.
  function set(changes) {
    for (const [name, value] of Object.entries(changes)) {
      if (state[name] === value) continue;
      state[name] = value;
      if (!waiting) {
        waiting = new Set();
        requestAnimationFrame(() => settle());
      }
      waiting.add(name);
    }
  }
  function settle(more = []) {
    const changed = new Set([...(waiting ?? []), ...more]);
    waiting = null;
    if (changed.size > 0) tell('change', changed);
  }

  function hover(query, key) {
    const next = query === null ? null : {query, key};
    if (point?.query === next?.query && point?.key === next?.key) return;
    point = next;
    tell('hover', point);
  }

  const parsed = new Map();
  function data(id) {
    const element = document.getElementById('data-' + id);
    if (element && !parsed.has(id)) parsed.set(id, JSON.parse(element.textContent));
    return parsed.get(id) ?? null;
  }

  // make('button', {class: 'x', text: 'y', 'aria-label': 'z'}, child, …)
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === 'text') element.textContent = value;
      else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function say(text) { document.getElementById('said').textContent = text; }

  // Values of the style, read once for a look: reading makes the browser work out what has changed since.
  let styles = new Map();
  function css(name) {
    if (!styles.has(name)) styles.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
    return styles.get(name);
  }
  function restyle() { styles = new Map(); }

  return {
    panels, state, set, settle, hover, on, tell, data, make, say,
    get point() { return point; },
    css, restyle,
  };
})();
