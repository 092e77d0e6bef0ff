// What the model would say after each layer and token: layers down, tokens across, the likeliest in its cell.
attnx.panels.push({
  id: 'lens', title: 'Lens', place: 'main', order: 11, key: 'e', needs: 'lens',
  make(root) {
    const {state, model, colour, picture, signed, words, make, set} = attnx;
    const {pieces, layers, guesses} = attnx.data('lens').result;
    const {base, over} = picture.layers(), holder = make('div', {class: 'layered'}, base, over), stage = make('div', {class: 'stage wide', tabindex: '0', role: 'group', 'aria-label': 'Layers and tokens'}, holder), note = make('p', {class: 'soft'});
    const body = make('tbody'), caption = make('caption');
    const legend = make('span', {class: 'legend'});
    const table = make('table', {}, caption, make('thead', {}, make('tr', {}, ...['', 'token', 'probability'].map((text, i) => make('th', {scope: 'col', class: i === 1 ? 'words' : '', text: text || 'rank'})))), body);
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'What it would say after each layer'}), make('span', {class: 'fill'}), legend),
      make('p', {class: 'soft', text: 'Each layer’s stream, read by the model’s own last norm and output head as if it were the last layer.'}), note,
      stage, make('div', {class: 'below tall', tabindex: '0', role: 'group', 'aria-label': 'What would come next'}, table));

    // [{label, probability}], the likeliest first.
    const said = (row, token) => Array.from({length: guesses}, (_, rank) => ({label: pieces[row.tokens[token * guesses + rank]], probability: row.probabilities[token * guesses + rank]})).filter(({label}) => label !== undefined);
    const percent = (value) => (100 * value).toFixed(1) + ' %';
    const kLeft = 34, kTall = layers.length > 12 ? 18 : 24, kNarrowest = 44, kWidest = 96, kMost = 160;
    let place = null;

    function draw() {
      const width = root.clientWidth - kLeft - 16;
      if (width < 20) return;
      const fits = width / model.count, cell = model.count <= kMost ? Math.max(kNarrowest, Math.min(kWidest, Math.floor(fits))) : Math.max(1, fits);
      const top = cell < kNarrowest ? 12 : 38, pool = Math.ceil(1 / cell);
      place = {cell, top};
      legend.replaceChildren(make('span', {text: 'probability 0'}), picture.bar(), make('span', {text: '1'}));
      note.textContent = cell < kNarrowest ? 'Too many tokens for words: point at a cell to read it.' : '';
      note.hidden = cell >= kNarrowest;
      const context = picture.size(base, kLeft + model.count * cell + 2, top + layers.length * kTall + 4);
      base.dataset.cell = [kLeft, top, cell, kTall].join(' ');
      base.setAttribute('aria-label', `The likeliest token after ${layers.length} layers and ${model.count} tokens; the table below has those of the token chosen`);
      context.textBaseline = 'middle';
      context.textAlign = 'center';
      for (let token = 0; token < model.count && cell >= kNarrowest; ++token) {
        context.font = '10px system-ui, sans-serif';
        context.fillStyle = attnx.css('--soft');
        context.fillText(String(token), kLeft + (token + 0.5) * cell, 8);
        context.font = '12px ' + attnx.css('--mono');
        context.fillStyle = attnx.css(model.tokens[token].generated ? '--made' : '--ink');
        context.fillText(words.cut(model.tokens[token].label, Math.floor((cell - 4) / 7.4)), kLeft + (token + 0.5) * cell, 24);
      }
      layers.forEach((row, i) => {
        const y = top + i * kTall;
        context.textAlign = 'right';
        context.font = '11px system-ui, sans-serif';
        context.fillStyle = attnx.css('--soft');
        context.fillText(String(row.layer), kLeft - 6, y + kTall / 2);
        context.textAlign = 'center';
        context.font = '12px ' + attnx.css('--mono');
        for (let token = 0; token < model.count; token += pool) {
          const [first] = said(row, token);
          if (!first) continue;
          context.fillStyle = colour.css(first.probability);
          context.fillRect(kLeft + token * cell, y, pool * cell - (cell > 4 ? 1 : 0), kTall - 1);
          if (cell < kNarrowest) continue;
          context.fillStyle = signed.ink(colour.rgb(first.probability));
          context.fillText(words.cut(first.label, Math.floor((cell - 4) / 7.4)), kLeft + (token + 0.5) * cell - 0.5, y + kTall / 2);
        }
      });
      mark();
    }

    const chosen = () => ({row: layers.find((row) => row.layer === state.layer) ?? layers.at(-1), token: state.token ?? model.count - 1});
    function mark() {
      if (!place) return;
      const context = picture.size(over, base.clientWidth, base.clientHeight), {row, token} = chosen(), {cell, top} = place;
      context.lineWidth = 2;
      context.strokeStyle = attnx.css('--query');
      const y = top + layers.indexOf(row) * kTall;
      context.strokeRect(kLeft + token * cell - 1, y - 1, Math.max(3, cell + 1), kTall + 1);
      signed.see(stage, y === top ? 0 : y - 4, y + kTall + 4);
    }
    function list() {
      const {row, token} = chosen();
      caption.replaceChildren(`After layer ${row.layer} and token ${token} `, make('bdi', {class: 'token', text: model.tokens[token].label}));
      body.replaceChildren(...said(row, token).map(({label, probability}, rank) => make('tr', {}, make('td', {text: String(rank + 1)}), make('td', {class: 'words'}, make('bdi', {class: 'token', text: label})), make('td', {text: percent(probability)}))));
    }

    function find(event) {
      if (!place) return null;
      const box = base.getBoundingClientRect(), row = layers[Math.floor((event.clientY - box.top - place.top) / kTall)], token = Math.floor((event.clientX - box.left - kLeft) / place.cell);
      return row && token >= 0 && token < model.count ? {row, token} : null;
    }
    holder.addEventListener('mousemove', (event) => {
      const at = find(event);
      holder.style.cursor = at ? 'pointer' : '';
      if (!at) return attnx.tell('reading', null);
      const parts = [`layer ${at.row.layer}, token ${at.token} `, make('bdi', {class: 'token', text: model.tokens[at.token].label}), ' → '];
      said(at.row, at.token).forEach(({label, probability}, rank) => parts.push(rank === 0 ? make('b', {class: 'token', text: label}) : make('bdi', {class: 'token', text: label}), ` ${percent(probability)}  `));
      attnx.tell('reading', parts);
    });
    holder.addEventListener('mouseleave', () => attnx.tell('reading', null));
    holder.addEventListener('click', (event) => {
      const at = find(event);
      if (at) set({token: at.token, ...(model.has(at.row.layer, 'mean') ? {layer: at.row.layer, head: model.has(at.row.layer, state.head) ? state.head : 'mean'} : {})});
    });

    return {
      update(changed) {
        if (['colours', 'theme', 'shown', 'size'].some((name) => changed.has(name))) draw();
        else mark();
        if (['layer', 'token', 'shown'].some((name) => changed.has(name))) list();
      },
    };
  },
});
