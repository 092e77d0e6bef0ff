// All metrics of all heads, in the order of any of them.
attnx.panels.push({
  id: 'table', title: 'Table', place: 'main', order: 6,
  make(root) {
    const {state, model, words, make, set} = attnx;
    const stage = make('div', {class: 'stage scroll'}), note = make('span');
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'Metrics by head'}), note), stage);
    const columns = [{id: 'layer', label: 'layer'}, {id: 'head', label: 'head'}, ...model.metrics];
    let by = 'layer', down = false, most = 400;

    const rows = () => model.layers.flatMap((layer) => layer.heads.map((head) => model.row(layer.layer, head)).filter(Boolean));
    function sorted() {
      const sign = down ? -1 : 1;
      const value = (row) => row[by] ?? -Infinity;
      return rows().sort((a, b) => sign * (value(a) - value(b)) || a.layer - b.layer || a.head - b.head);
    }

    function order(id) {
      [by, down] = id === by ? [by, !down] : [id, id !== 'layer' && id !== 'head'];
      if (model.metrics.some((metric) => metric.id === id)) set({metric: id});
      draw();
    }

    function draw() {
      const head = make('tr', {}, ...columns.map(({id, label, meaning}) =>
        make('th', {scope: 'col', 'aria-sort': id === by ? (down ? 'descending' : 'ascending') : 'none'},
          make('button', {type: 'button', title: meaning ?? label, text: label + (id === by ? (down ? ' ↓' : ' ↑') : ''), onclick: () => order(id)}))));
      const all = sorted();
      const body = all.slice(0, most).map((row) => {
        const chosen = row.layer === state.layer && row.head === state.head;
        return make('tr', {class: chosen ? 'chosen' : '', 'data-head': words.name(row.layer, row.head), onclick: () => set({layer: row.layer, head: row.head})},
          make('td', {text: String(row.layer)}), make('td', {}, make('button', {type: 'button', text: String(row.head), title: words.name(row.layer, row.head), onclick: () => set({layer: row.layer, head: row.head})})),
          ...model.metrics.map(({id}) => {
            const [low, high] = model.rangeOf(id), bar = make('i');
            bar.style.transform = `scaleX(${Math.max(0, Math.min(1, ((row[id] ?? 0) - low) / (high - low)))})`;
            return make('td', {class: 'shaded'}, words.metric(id, row[id]), bar);
          }));
      });
      note.textContent = `means over queries; a column's name sorts` + (all.length > most ? `; the first ${most} of ${all.length}` : '');
      stage.replaceChildren(make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)));
      if (all.length > most) stage.append(make('button', {type: 'button', text: 'all', onclick: () => { most = Infinity; draw(); }}));
    }

    return {
      update(changed) {
        if (changed.has('shown')) draw();
        else if (changed.has('layer') || changed.has('head'))
          for (const row of stage.querySelectorAll('tbody tr')) row.classList.toggle('chosen', row.dataset.head === words.name(state.layer, state.head));
      },
    };
  },
});
