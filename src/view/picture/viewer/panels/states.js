// How large things are, layers down and tokens across: the residual stream, queries, keys and values.
attnx.panels.push({
  id: 'states', title: 'States', place: 'main', order: 9, key: 'n', needs: 'states',
  keeps: [['measure', 'measure', 'norm', (text) => ['norm', 'max', 'q', 'k', 'v'].includes(text) ? text : 'norm']],
  make(root) {
    const {state, model, colour, picture, words, make, set} = attnx;
    const {hidden, kv, massive} = attnx.data('states').result;
    const stream = (what) => hidden.map((row) => ({layer: row.position === 'embedding' ? null : row.layer, values: row[what]}));
    const heads = (what) => kv.map((row) => ({layer: row.layer, values: row[what]}));
    const sizes = [
      {id: 'norm', label: 'lengths of the residual stream', rows: stream('norm')},
      {id: 'max', label: 'its largest numbers', rows: stream('max')},
      {id: 'q', label: 'lengths of queries, heads averaged', rows: heads('q_norm')},
      {id: 'k', label: 'lengths of keys, heads averaged', rows: heads('k_norm')},
      {id: 'v', label: 'lengths of values, heads averaged', rows: heads('v_norm')},
    ].filter(({rows}) => rows.length > 0);
    const select = make('select', {'aria-label': 'What is drawn', onchange: () => set({measure: select.value})}, ...sizes.map(({id, label}) => make('option', {value: id, text: label})));
    const note = make('span'), legend = make('span', {class: 'legend'});
    const {base, over} = picture.layers(), stage = make('div', {class: 'stage scroll'}, base, over);
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'States'}), select, note, make('span', {class: 'fill'}), legend), stage, listed());

    function choose(layer, token) {
      set(model.has(layer, 'mean') ? {token, layer, head: model.has(layer, state.head) ? state.head : 'mean'} : {token});
    }
    function listed() {
      if (massive.length === 0) return make('p', {class: 'soft', text: 'No number is massive: beyond 100 and a thousand times the median of its layer.'});
      const row = ({layer, token, dimension, value, times_median: times}) => make('tr', {onclick: () => choose(layer, token)},
        make('td', {text: String(layer)}), make('td', {}, make('bdi', {class: 'token', text: `${token} ${model.tokens[token].label}`})), make('td', {text: String(dimension)}),
        make('td', {text: value.toPrecision(4)}), make('td', {text: times === null ? '–' : Math.round(times).toLocaleString('en')}));
      const head = ['layer', 'token', 'dimension', 'value', 'times the median'].map((text) => make('th', {scope: 'col', text}));
      return make('div', {class: 'below', tabindex: '0', role: 'group', 'aria-label': 'Massive activations'}, make('table', {}, make('caption', {text: 'Massive activations (circles)'}), make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...massive.map(row))));
    }

    const kLeft = 34, kMany = 50;
    let place = null;
    const chosen = () => sizes.find(({id}) => id === state.measure) ?? sizes[0];

    // Where the longest is many times the shortest, colours go by how many times.
    function range(rows) {
      let low = Infinity, high = 0;
      for (const {values} of rows) for (const value of values) {
        if (value === null) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      if (low > high) return {low: 0, high: 1, part: () => 0, said: ''};
      const log = high > kMany * low, floor = log ? Math.max(low, high / 1e6) : low;
      const part = (value) => high === floor ? 0.5 : log ? Math.log(Math.max(value, floor) / floor) / Math.log(high / floor) : (value - floor) / (high - floor);
      return {low: floor, high, part, said: log ? 'logarithmic' : 'linear'};
    }

    function tokens(context, {top, cell}) {
      context.font = '12px ' + attnx.css('--mono');
      const every = Math.ceil(13 / cell);
      for (let index = 0; index < model.count; index += every) {
        context.save();
        context.translate(kLeft + (index + 0.5) * cell, top - 5);
        context.rotate(-Math.PI / 2);
        context.textAlign = 'left';
        context.textBaseline = 'middle';
        context.fillStyle = attnx.css(model.tokens[index].generated ? '--made' : '--soft');
        context.fillText(`${index} ${words.cut(model.tokens[index].label, 9)}`, 0, 0);
        context.restore();
      }
    }

    function draw() {
      const {rows, label, id} = chosen(), {low, high, part, said} = range(rows);
      select.value = id;
      legend.replaceChildren(make('span', {text: Number(low.toPrecision(3)).toString()}), picture.bar(), make('span', {text: Number(high.toPrecision(3)).toString()}), make('span', {text: said}));
      const width = stage.clientWidth, height = stage.clientHeight;
      if (width < 20 || height < 20) return;
      const top = Math.min(110, 34 + 7.3 * Math.max(...model.tokens.map(({label: text}) => Math.min(9, [...text].length)))), cell = Math.min(34, (width - kLeft - 4) / model.count);
      const tall = Math.max(7, Math.min(24, Math.floor((height - top - 4) / rows.length)));
      place = {top, cell, tall, rows};
      if (cell < 1) note.textContent = `each cell is the greatest of ${Math.ceil(1 / cell)} tokens`;
      const context = picture.size(base, width, top + rows.length * tall + 4);
      base.dataset.cell = [kLeft, top, cell, tall].join(' ');
      base.setAttribute('aria-label', `${label}: ${rows.length} rows of ${model.count} tokens, from ${low} to ${high}`);
      tokens(context, place);
      context.font = '11px system-ui, sans-serif';
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      const gap = cell >= 5 ? 1 : 0, pool = Math.ceil(1 / cell);
      rows.forEach(({layer, values}, y) => {
        context.fillStyle = attnx.css('--soft');
        if (y % Math.ceil(11 / tall) === 0) context.fillText(layer === null ? 'emb' : String(layer), kLeft - 6, top + (y + 0.5) * tall);
        for (let x = 0; x < model.count; x += pool) {
          const value = values.slice(x, x + pool).reduce((most, each) => each !== null && (most === null || each > most) ? each : most, null);
          context.fillStyle = value === null ? attnx.css('--masked') : colour.css(part(value));
          context.fillRect(kLeft + x * cell, top + y * tall, pool * cell - gap, tall - 1);
        }
      });
      mark();
    }

    function mark(at = null) {
      if (!place) return;
      const {top, cell, tall, rows} = place, context = picture.size(over, base.clientWidth, base.clientHeight);
      const rowOf = (layer) => rows.findIndex((row) => row.layer === layer);
      context.lineWidth = 1.5;
      context.strokeStyle = attnx.css('--query');
      if (rowOf(state.layer) >= 0) context.strokeRect(kLeft - 1, top + rowOf(state.layer) * tall - 1, model.count * cell + 1, tall + 1);
      if (state.token !== null) context.strokeRect(kLeft + state.token * cell - 1, top - 1, Math.max(3, cell + 1), rows.length * tall + 1);
      context.strokeStyle = attnx.css('--ink');
      if (['norm', 'max'].includes(chosen().id)) for (const {layer, token} of massive) {
        context.beginPath();
        context.arc(kLeft + (token + 0.5) * cell, top + (rowOf(layer) + 0.5) * tall, Math.max(4, Math.min(cell, tall) / 2 + 1), 0, 2 * Math.PI);
        context.stroke();
      }
      context.lineWidth = 2;
      if (at) context.strokeRect(kLeft + at.token * cell - 1, top + at.y * tall - 1, Math.max(3, cell + 1), tall + 1);
    }

    function find(event) {
      if (!place) return null;
      const box = base.getBoundingClientRect(), {top, cell, tall, rows} = place;
      const y = Math.floor((event.clientY - box.top - top) / tall), token = Math.floor((event.clientX - box.left - kLeft) / cell);
      return rows[y] && token >= 0 && token < model.count ? {y, token} : null;
    }
    function read(at) {
      if (!at) return attnx.tell('reading', null);
      const {layer, values} = place.rows[at.y], number = (value) => value === null || value === undefined ? '–' : String(value);
      const parts = [layer === null ? 'embedding of token ' : `layer ${layer}, token `, `${at.token} `, make('bdi', {class: 'token', text: model.tokens[at.token].label}), ` ${chosen().label}: `, make('b', {text: number(values[at.token])})];
      const others = sizes.filter(({id}) => id !== chosen().id).map(({id, rows}) => [id, rows.find((row) => row.layer === layer)?.values[at.token]]);
      for (const [id, value] of others) if (value !== undefined) parts.push(`  ${id === 'norm' ? 'length' : id === 'max' ? 'largest' : id.toUpperCase()} ${number(value)}`);
      attnx.tell('reading', parts);
    }
    stage.addEventListener('mousemove', (event) => {
      const at = find(event);
      stage.style.cursor = at ? 'pointer' : '';
      mark(at);
      read(at);
    });
    stage.addEventListener('mouseleave', () => { mark(); read(null); });
    stage.addEventListener('click', (event) => {
      const at = find(event), layer = at && place.rows[at.y].layer;
      if (at) choose(layer, at.token);
    });

    return {
      update(changed) {
        if (['measure', 'colours', 'theme', 'shown'].some((name) => changed.has(name))) draw();
        else mark();
      },
    };
  },
});
