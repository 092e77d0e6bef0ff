// Puts the panels in their places, and keeps the address of the page, what is seen and what is said in step.
(() => {
  const {panels, state, model, words, colour, picture, make, set, on} = attnx;
  const $ = (id) => document.getElementById(id);

  document.title = `${model.name}: attention`;
  $('title').textContent = model.name;
  const heads = model.layers.reduce((sum, layer) => sum + layer.heads.length, 0);
  $('about').textContent = `${model.architecture} · ${model.layers.length} layers · ${heads} heads · ${model.count} tokens · attnx ${model.version}`;
  $('notes').textContent = 'Rows are queries, columns are keys. ' +
    (model.bits === 32 ? 'Weights as they were computed. ' : `Weights (≈) are kept in ${model.bits} bits, off by at most ${model.error.toPrecision(1)}. `) +
    model.findings.map((finding) => `${finding.severity}: ${finding.message}`).join(' ');

  // Panels.
  const shown = [];
  for (const panel of panels.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))) {
    if ((panel.needs && !attnx.data(panel.needs)) || (panel.there && !panel.there())) continue;
    for (const [, key, before] of panel.keeps ?? []) state[key] = before;
    if (panel.place !== 'main') {
      panel.made = panel.make($(panel.place));
      shown.push(panel);
      continue;
    }
    panel.root = make('div', {class: 'view', role: 'tabpanel', id: 'view-' + panel.id, 'aria-labelledby': 'tab-' + panel.id, hidden: ''});
    $('views').append(panel.root);
    panel.tab = make('button', {type: 'button', role: 'tab', id: 'tab-' + panel.id, 'aria-controls': 'view-' + panel.id, text: panel.title, onclick: () => set({panel: panel.id})});
    $('tabs').append(panel.tab);
    panel.made = panel.make(panel.root);
    shown.push(panel);
  }
  const views = shown.filter((panel) => panel.place === 'main');

  // The address: #L5H3&token=12&view=lines …; what it does not say is as at first.
  const first = {layer: model.layers.at(-1).layer, head: 'mean', metric: model.metrics[0].id, panel: views[0].id};
  const kept = [
    ['token', 'token', (text) => /^\d+$/.test(text) && Number(text) < model.count ? Number(text) : null],
    ['direction', 'direction', (text) => text === 'in' ? 'in' : 'out'],
    ['view', 'panel', (text) => views.some((view) => view.id === text) ? text : first.panel],
    ['metric', 'metric', (text) => model.metrics.some((metric) => metric.id === text) ? text : first.metric],
    ['scale', 'scale', (text) => ['linear', 'sqrt', 'log', 'row'].includes(text) ? text : 'sqrt'],
    ['colours', 'colours', (text) => text === 'ink' ? 'ink' : 'viridis'],
    ['first', 'first', (text) => text !== 'hidden'],
    ['threshold', 'threshold', (text) => { const value = parseFloat(text); return value >= 0 && value <= 1 ? value : 0.1; }],
    ['theme', 'theme', (text) => ['light', 'dark'].includes(text) ? text : 'auto'],
    ...shown.flatMap((panel) => panel.keeps ?? []).map(([name, key, , read]) => [name, key, read]),
  ];
  const start = {...state, ...first};

  function read() {
    const parts = location.hash.slice(1).split('&');
    const found = /^L(\d+)(?:H(\d+))?$/.exec(parts[0] ?? '');
    const next = {...start};
    if (found && model.has(Number(found[1]), found[2] === undefined ? 'mean' : Number(found[2])))
      Object.assign(next, {layer: Number(found[1]), head: found[2] === undefined ? 'mean' : Number(found[2])});
    for (const part of parts) {
      const [name, text] = part.split('=');
      const row = kept.find((each) => each[0] === name);
      if (row && text !== undefined) next[row[1]] = row[2](text);
    }
    set(next);
  }
  function write() {
    const parts = [`L${state.layer}` + (state.head === 'mean' ? '' : 'H' + state.head)];
    for (const [name, key] of kept) if (state[key] !== start[key]) parts.push(`${name}=${key === 'first' ? 'hidden' : state[key]}`);
    try {
      history.replaceState(null, '', '#' + parts.join('&'));
    } catch { /* too often at once, or not allowed here: the page works without */ }
  }
  addEventListener('hashchange', read);

  // The display.
  $('scale').addEventListener('change', (event) => set({scale: event.target.value}));
  $('colours').addEventListener('change', (event) => set({colours: event.target.value}));
  $('first').addEventListener('change', (event) => set({first: event.target.checked}));
  $('theme').addEventListener('click', () => set({theme: attnx.keys.next(['auto', 'light', 'dark'], state.theme)}));
  $('help').addEventListener('click', () => attnx.keys.help());

  // What is read out: of the view that is shown, if it is of something else than a head.
  attnx.seen = () => (shown.find((panel) => panel.id === state.panel)?.made.seen ?? attnx.ofHead)();

  let last = null;
  on('change', (changed) => {
    if (changed.has('theme')) {
      if (state.theme === 'auto') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = state.theme;
      attnx.restyle();
      $('theme').textContent = {auto: 'auto', light: 'light', dark: 'dark'}[state.theme];
    }
    if (changed.has('theme') || changed.has('colours')) colour.refresh();
    $('scale').value = state.scale;
    $('colours').value = state.colours;
    $('first').checked = state.first;
    for (const view of views) {
      const chosen = view.id === state.panel;
      view.tab.setAttribute('aria-selected', String(chosen));
      view.tab.tabIndex = chosen ? 0 : -1;
      view.root.hidden = !chosen;
    }
    for (const panel of shown) {
      if (panel.place !== 'main') panel.made.update(changed);
      else if (panel.id === state.panel) panel.made.update(state.panel === last ? changed : new Set(['shown', ...changed]));
    }
    last = state.panel;
    if (changed.has('layer') || changed.has('head')) attnx.say(words.name(state.layer, state.head));
    read_point(attnx.point);
    write();
  });
  $('tabs').addEventListener('keydown', (event) => {
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!by) return;
    event.preventDefault();
    const at = views.findIndex((view) => view.id === state.panel);
    const next = views[(at + by + views.length) % views.length];
    set({panel: next.id});
    next.tab.focus();
  });

  // The numbers under the pointer.
  const reading = $('reading');
  function read_point(point) {
    if (!point) {
      reading.replaceChildren(make('span', {class: 'soft', text: 'Point at a cell, a token or a line to read its weight; ? shows the keys.'}));
      return;
    }
    const {name, map} = attnx.seen(), value = map[point.query * model.count + point.key];
    const token = (index) => make('bdi', {class: 'token', text: model.tokens[index].label});
    const parts = [`${name}  query ${point.query} `, token(point.query), ` → key ${point.key} `, token(point.key), '  '];
    if (Number.isNaN(value)) parts.push(make('b', {text: 'masked'}));
    else {
      const {rank, seen} = words.rank(map, point.query, point.key);
      parts.push(words.about, make('b', {text: words.weight(value)}), `  rank ${rank} of ${seen}`);
    }
    reading.replaceChildren(...parts);
  }
  on('reading', (parts) => parts ? reading.replaceChildren(...parts) : read_point(attnx.point));
  on('hover', (point) => {
    for (const panel of shown) if (panel.made.hover && (panel.place !== 'main' || panel.id === state.panel)) panel.made.hover(point);
    read_point(point);
  });

  // All is drawn anew when the window, the system's colours or the paper change.
  const all = () => attnx.settle(['size', ...Object.keys(state)]);
  let resizing = 0;
  addEventListener('resize', () => {
    cancelAnimationFrame(resizing);
    resizing = requestAnimationFrame(all);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', all);
  let before = null;
  addEventListener('beforeprint', () => {
    before = state.theme;
    state.theme = 'light';
    all();
    picture.finish();
  });
  addEventListener('afterprint', () => { state.theme = before; all(); });

  // What needs no weights is there at once; then all is drawn.
  for (const id of ['top', 'page', 'foot']) $(id).hidden = false;
  read_point(null);
  requestAnimationFrame(() => setTimeout(() => {
    read();
    all();
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  }));
})();
