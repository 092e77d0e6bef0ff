// Layers down, heads across: one number of each head in colours, and of each layer another as a bar beside them.
// rows: [{layer, head, …}]; beside: [{layer, value}]; said(row): what is read out of it; look(): {value(row), signed,
// high, name}, of what is shown.
attnx.headMap = (root, {rows, beside = [], besideName = '', said, look}) => {
  const {state, model, colour, picture, signed, make, set} = attnx;
  const {base, over} = picture.layers(), holder = make('div', {class: 'layered'}, base, over);
  const layers = [...new Set([...rows, ...beside].map((row) => row.layer))].sort((a, b) => a - b);
  const byName = new Map(rows.map((row) => [row.layer + '.' + row.head, row])), byLayer = new Map(beside.map((row) => [row.layer, row]));
  const widest = Math.max(0, ...rows.map((row) => row.head + 1)), kLeft = 34, kTop = 24, kGap = 22, kBars = 150;
  const room = beside.length > 0 ? kGap + kBars : 0;
  let cell = 20, tall = 20;

  const high = (value) => Math.max(...rows.map((row) => Math.abs(value(row) ?? 0)), 1e-12);
  function draw() {
    const {value, signed: both, name} = look(), most = high(value);
    cell = Math.max(10, Math.min(44, Math.floor((root.clientWidth - kLeft - room - 24) / Math.max(1, widest))));
    tall = layers.length > 24 ? 15 : 22;
    const bars = kLeft + widest * cell + kGap, context = picture.size(base, kLeft + widest * cell + room + 2, kTop + layers.length * tall + 4);
    base.dataset.cell = [kLeft, kTop, cell, tall].join(' ');
    base.setAttribute('aria-label', `${name} of ${rows.length} heads in ${layers.length} layers, up to ${signed.number(most)}; the table below has the largest`);
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    context.textAlign = 'center';
    context.fillStyle = attnx.css('--soft');
    for (let head = 0; head < widest; head += Math.ceil(18 / cell)) context.fillText(String(head), kLeft + head * cell + cell / 2 - 1, 10);
    if (room > 0) context.fillText(besideName, bars + kBars / 2, 10);
    const longest = Math.max(...beside.map((row) => Math.abs(row.value)), 1e-12), middle = bars + kBars / 2;
    layers.forEach((layer, i) => {
      const y = kTop + i * tall;
      context.fillStyle = attnx.css('--soft');
      context.textAlign = 'right';
      context.fillText(String(layer), kLeft - 6, y + tall / 2 - 1);
      for (let head = 0; head < widest; ++head) {
        const row = byName.get(layer + '.' + head);
        if (!row) continue;
        const part = (value(row) ?? 0) / most;
        context.fillStyle = both ? signed.css(part) : colour.css(Math.sqrt(Math.max(0, part)));
        context.fillRect(kLeft + head * cell, y, cell - 1, tall - 1);
      }
      const own = byLayer.get(layer);
      if (!own) return;
      const length = own.value / longest * (kBars / 2 - 2);
      context.fillStyle = attnx.css(length < 0 ? '--query' : '--key');
      context.fillRect(Math.min(middle, middle + length), y + 2, Math.max(1, Math.abs(length)), tall - 5);
    });
    if (room > 0) {
      context.fillStyle = attnx.css('--soft');
      context.fillRect(middle - 0.5, kTop, 1, layers.length * tall);
    }
    mark();
  }

  function mark() {
    const context = picture.size(over, base.clientWidth, base.clientHeight), y = layers.indexOf(state.layer);
    if (y < 0) return;
    context.lineWidth = 2;
    context.strokeStyle = attnx.css('--query');
    if (state.head === 'mean') context.strokeRect(kLeft - 2, kTop + y * tall - 2, widest * cell + 2, tall + 2);
    else context.strokeRect(kLeft + state.head * cell - 2, kTop + y * tall - 2, cell + 2, tall + 2);
    signed.see(holder.parentElement, y === 0 ? 0 : kTop + y * tall - 4, kTop + (y + 1) * tall + 4);
  }

  function find(event) {
    const box = base.getBoundingClientRect(), layer = layers[Math.floor((event.clientY - box.top - kTop) / tall)];
    const x = event.clientX - box.left - kLeft;
    return byName.get(layer + '.' + Math.floor(x / cell)) ?? (x > widest * cell ? byLayer.get(layer) : null) ?? null;
  }
  const shown = (row) => row && row.head !== undefined && model.has(row.layer, row.head);
  holder.addEventListener('mousemove', (event) => {
    const row = find(event);
    holder.style.cursor = shown(row) ? 'pointer' : '';
    attnx.tell('reading', row ? said(row) : null);
  });
  holder.addEventListener('mouseleave', () => attnx.tell('reading', null));
  holder.addEventListener('click', (event) => { const row = find(event); if (shown(row)) set({layer: row.layer, head: row.head}); });
  holder.addEventListener('dblclick', () => set({panel: 'map'}));
  return {holder, draw, mark};
};
