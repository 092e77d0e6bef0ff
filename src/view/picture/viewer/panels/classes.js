// What heads do: layers down, heads across, each in the colours and with the letters of its classes; or one class, by score.
attnx.panels.push({
  id: 'classes', title: 'Classes', place: 'main', order: 10, key: 'c', needs: 'heads',
  keeps: [['class', 'class', null, (text) => (attnx.data('heads')?.result.classes ?? []).some(({id}) => id === text) ? text : null]],
  make(root) {
    const {state, model, colour, picture, words, make, set} = attnx;
    const {classes, heads, probes, probe_length: length} = attnx.data('heads').result;
    const told = heads.filter(({layer, head}) => model.has(layer, head));
    const letters = {sink: 'S', previous: 'P', self: '=', induction: 'I', duplicate: 'D', local: 'L', uniform: 'U', delimiter: '.'};
    const letterOf = (id) => letters[id] ?? id[0];
    const probed = classes.filter((row) => row.told_by === 'probes').map((row) => row.id);
    const byName = new Map(told.map((row) => [words.name(row.layer, row.head), row]));

    // What the page's own text told is a metric of the head; what probes told came with the classes.
    const scoreOf = (row, {id, metric, told_by: by}) => by === 'probes' ? row.probes[probed.indexOf(id)] : by === 'text' ? model.row(row.layer, row.head)?.[metric] : null;
    const number = (value) => value === null || value === undefined ? '–' : value.toFixed(2);

    const {base: drawing, over} = picture.layers(), holder = make('div', {class: 'layered'}, drawing, over), legend = make('span', {class: 'legend'}), chips = make('div', {class: 'chips', role: 'group', 'aria-label': 'Classes'}), table = make('table');
    const names = (by) => classes.filter((row) => row.told_by === by).map((row) => row.id).join(', ');
    const note = [
      probed.length > 0 ? `${names('probes')}: told by ${probes} probe${probes === 1 ? '' : 's'} of ${length} random tokens, twice` : '',
      names('text') ? `${names('text')}: told by this text` : '', names(null) ? `${names(null)}: not told, the text is too short` : ''].filter(Boolean).join('. ');
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'What heads do'}), make('span', {class: 'fill'}), legend), make('p', {class: 'soft', text: note + '. A pattern is no proof of a function.'}),
      chips, make('div', {class: 'stage scroll', tabindex: '0', role: 'group', 'aria-label': 'Classes of heads'}, holder, table));

    const kLeft = 30, kTop = 22;
    const widest = Math.max(...model.layers.map((layer) => Math.max(...layer.heads))) + 1;
    let cell = 20, tall = 20;
    const tint = (id) => attnx.css('--class-' + classes.findIndex((row) => row.id === id));

    function paint(context, row, x, y) {
      const one = classes.find(({id}) => id === state.class), of = row.classes;
      const fill = (style, from, to) => { context.fillStyle = style; context.fillRect(x + from, y, to - from, tall - 2); };
      const wide = cell - 2;
      if (one) {
        const value = scoreOf(row, one);
        fill(value === null || value === undefined ? attnx.css('--masked') : colour.css(value), 0, wide);
        if (!of.includes(one.id)) return;
        context.strokeStyle = attnx.css('--ink');
        context.lineWidth = 2;
        context.strokeRect(x, y, wide, tall - 2);
        return;
      }
      if (of.length === 0) return fill(attnx.css('--masked'), 0, wide);
      of.forEach((id, i) => fill(tint(id), wide * i / of.length, wide * (i + 1) / of.length));
      if (wide / of.length < 8 || tall < 13) return;
      context.font = `600 ${Math.min(12, tall - 4)}px system-ui, sans-serif`;
      context.textAlign = 'center';
      context.fillStyle = '#000';
      of.forEach((id, i) => context.fillText(letterOf(id), x + wide * (i + 0.5) / of.length, y + tall / 2 - 0.5));
    }

    function draw() {
      cell = Math.max(12, Math.min(44, Math.floor((root.clientWidth - kLeft - 24) / widest)));
      tall = model.layers.length > 24 ? 15 : 22;
      const context = picture.size(drawing, kLeft + widest * cell + 2, kTop + model.layers.length * tall + 4);
      drawing.dataset.cell = [kLeft, kTop, cell, tall].join(' ');
      drawing.setAttribute('aria-label', `Classes of ${told.length} heads in ${model.layers.length} layers; the table below says them in words`);
      context.textBaseline = 'middle';
      context.textAlign = 'center';
      context.font = '11px system-ui, sans-serif';
      context.fillStyle = attnx.css('--soft');
      const every = Math.ceil(18 / cell);
      for (let head = 0; head < widest; head += every) context.fillText(String(head), kLeft + head * cell + cell / 2 - 1, 8);
      const [{shared}] = model.layers;
      context.fillStyle = attnx.css('--accent');
      if (shared > 1) for (let head = 0; head < widest; head += shared) context.fillRect(kLeft + head * cell, 16, Math.min(shared, widest - head) * cell - 2, 2);
      model.layers.forEach(({layer, window, heads: own}, i) => {
        const y = kTop + i * tall;
        context.fillStyle = attnx.css('--soft');
        context.font = '11px system-ui, sans-serif';
        context.textAlign = 'right';
        context.fillText(layer + (window !== null ? 'w' : ''), kLeft - 5, y + tall / 2 - 1);
        for (const head of own) {
          const row = byName.get(words.name(layer, head));
          if (row) paint(context, row, kLeft + head * cell, y);
        }
      });
      said();
      mark();
    }

    // One class has a legend of colours; all of them have the table.
    function said() {
      legend.replaceChildren();
      if (state.class === null) return;
      legend.append(make('span', {text: `score of ${state.class}, 0`}), picture.bar(), make('span', {text: '1; framed: of the class'}));
    }

    function swatch(row, i) {
      const element = make('span', {class: 'swatch', text: letterOf(row.id)});
      element.style.background = `var(--class-${i})`;
      return element;
    }
    function list() {
      const members = classes.map((row) => told.filter((head) => head.classes.includes(row.id)).sort((a, b) => scoreOf(b, row) - scoreOf(a, row)));
      chips.replaceChildren(...classes.map((row, i) => make('button', {type: 'button', 'data-class': row.id, 'aria-pressed': String(state.class === row.id), title: `scores of ${row.id} in colours`, onclick: () => set({class: state.class === row.id ? null : row.id})},
        swatch(row, i), `${row.id} ${row.told_by === null ? '–' : members[i].length}`)));
      table.replaceChildren(make('thead', {}, make('tr', {}, ...['class', 'attends to', 'told by', 'from', 'heads', 'strongest'].map((text) => make('th', {scope: 'col', class: ['from', 'heads'].includes(text) ? '' : 'words', text})))),
        make('tbody', {}, ...classes.map((row, i) => {
          const strongest = members[i].slice(0, 2).map((head) => make('button', {type: 'button', text: `${words.name(head.layer, head.head)} ${number(scoreOf(head, row))}`, onclick: () => set({layer: head.layer, head: head.head})}));
          return make('tr', {'data-class': row.id}, make('td', {class: 'words'}, swatch(row, i), row.id), make('td', {class: 'words', text: row.meaning}), make('td', {class: 'words', text: row.told_by ?? '–'}),
            make('td', {text: number(row.threshold)}), make('td', {text: row.told_by === null ? '–' : String(members[i].length)}), make('td', {class: 'words'}, ...strongest));
        })));
    }

    function mark() {
      const context = picture.size(over, drawing.clientWidth, drawing.clientHeight), y = model.layers.findIndex((each) => each.layer === state.layer);
      context.lineWidth = 2;
      context.strokeStyle = attnx.css('--query');
      if (state.head === 'mean') context.strokeRect(kLeft - 2, kTop + y * tall - 2, widest * cell + 2, tall + 2);
      else context.strokeRect(kLeft + state.head * cell - 2, kTop + y * tall - 2, cell + 2, tall + 2);
    }

    function find(event) {
      const box = drawing.getBoundingClientRect(), layer = model.layers[Math.floor((event.clientY - box.top - kTop) / tall)]?.layer;
      return byName.get(words.name(layer, Math.floor((event.clientX - box.left - kLeft) / cell))) ?? null;
    }
    holder.addEventListener('mousemove', (event) => {
      const row = find(event);
      holder.style.cursor = row ? 'pointer' : '';
      if (!row) return attnx.tell('reading', null);
      const of = row.classes.join(', ') || 'none';
      attnx.tell('reading', [`${words.name(row.layer, row.head)}  `, make('b', {text: of}), '  ' + classes.map((each) => `${each.id} ${number(scoreOf(row, each))}`).join('  ')]);
    });
    holder.addEventListener('mouseleave', () => attnx.tell('reading', null));
    holder.addEventListener('click', (event) => { const row = find(event); if (row) set({layer: row.layer, head: row.head}); });
    holder.addEventListener('dblclick', () => set({panel: 'map'}));

    return {
      update(changed) {
        if (changed.has('class') || changed.has('shown')) list();
        if (['class', 'colours', 'theme', 'shown'].some((name) => changed.has(name))) draw();
        else mark();
      },
    };
  },
});
