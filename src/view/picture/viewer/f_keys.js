// Keys, each a row; the help shows the same rows.
attnx.keys = (() => {
  const {state, model, set, make} = attnx;

  function step(list, current, by) {
    const at = list.indexOf(current);
    return list[Math.min(list.length - 1, Math.max(0, at + by))];
  }
  function head(by) { set({head: step(['mean', ...model.byIndex.get(state.layer).heads], state.head, by)}); }
  function layer(by) {
    const next = step(model.layers.map((each) => each.layer), state.layer, by);
    set({layer: next, head: model.has(next, state.head) ? state.head : 'mean'});
  }
  function token(by) {
    const from = state.token ?? (by > 0 ? -1 : model.count);
    set({token: Math.min(model.count - 1, Math.max(0, from + by))});
  }
  function threshold(by) { set({threshold: Math.min(1, Math.max(0, Math.round((state.threshold + by) * 100) / 100))}); }
  const next = (list, current) => list[(list.indexOf(current) + 1) % list.length];

  const rows = [
    {keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', does: 'head before, head after', run: (key) => head(key === 'ArrowLeft' ? -1 : 1)},
    {keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', does: 'layer before, layer after', run: (key) => layer(key === 'ArrowUp' ? -1 : 1)},
    {keys: ['m'], shown: 'm', does: 'mean of the heads', run: () => set({head: 'mean'})},
    {keys: [',', '.'], shown: ', .', does: 'token before, token after', run: (key) => token(key === ',' ? -1 : 1)},
    {keys: ['r'], shown: 'r', does: 'what the token attends to, or what attends to it', run: () => set({direction: state.direction === 'out' ? 'in' : 'out'})},
    {keys: ['Escape'], shown: 'Esc', does: 'no token', run: () => { set({token: null}); attnx.hover(null); }},
    {keys: ['s'], shown: 's', does: 'hide or show the first token, which often takes most', run: () => set({first: !state.first})},
    {keys: ['l'], shown: 'l', does: 'next scale of colours', run: () => set({scale: next(['linear', 'sqrt', 'log', 'row'], state.scale)})},
    {keys: ['t', 'T'], shown: 't T', does: 'threshold up, down', run: (key) => threshold(key === 't' ? 0.05 : -0.05)},
    {keys: ['+', '=', '-', '0'], shown: '+ - 0', does: 'map larger, smaller, whole; the wheel does too, dragging moves it', run: (key) => attnx.tell('zoom', key)},
    {keys: ['/'], shown: '/', does: 'find a token', run: () => document.getElementById('search').focus()},
    {keys: ['d'], shown: 'd', does: 'light, dark, as the system', run: () => set({theme: next(['auto', 'light', 'dark'], state.theme)})},
    {keys: ['?'], shown: '?', does: 'these keys', run: () => help()},
  ];

  function views() { return attnx.panels.filter((panel) => panel.place === 'main' && panel.made); }

  const keyOf = (view, i) => view.key ?? String(i + 1);

  function help() {
    const dialog = document.getElementById('keys');
    const list = make('dl');
    views().forEach((view, i) => list.append(make('dt', {}, make('kbd', {text: keyOf(view, i)})), make('dd', {text: view.title})));
    for (const row of rows) list.append(make('dt', {}, make('kbd', {text: row.shown})), make('dd', {text: row.does}));
    dialog.replaceChildren(make('h2', {text: 'Keys'}), list,
      make('p', {class: 'soft', text: 'Click a cell to choose its query, with Shift its key. The address of the page says what is seen: it can be kept and sent.'}),
      make('form', {method: 'dialog'}, make('button', {text: 'Close'})));
    dialog.showModal();
  }

  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const {target} = event;
    if (target.closest('input:not([type=checkbox]), select, textarea, dialog')) {
      if (event.key === 'Escape' && target.closest('input')) target.blur();
      return;
    }
    const view = views().find((each, i) => keyOf(each, i) === event.key);
    const row = view ? {run: () => set({panel: view.id})} : rows.find((each) => each.keys.includes(event.key));
    if (!row) return;
    event.preventDefault();
    row.run(event.key);
  });
  return {help, next};
})();
