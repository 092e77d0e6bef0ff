// Tokens twice, queries left and keys right, and a line for each weight above the threshold.
attnx.panels.push({
  id: 'lines', title: 'Lines', place: 'main', order: 2,
  make(root) {
    const {state, model, picture, words, make, set, hover} = attnx;
    const title = make('h2'), note = make('span');
    const slider = make('input', {type: 'range', min: '0', max: '1', step: '0.01', id: 'threshold', oninput: () => set({threshold: Number(slider.value)})});
    const shown = make('span', {class: 'number'});
    const space = make('div'), base = picture.canvas(10, 10), over = picture.canvas(10, 10);
    base.setAttribute('role', 'img');
    over.setAttribute('aria-hidden', 'true');
    over.className = 'over';
    const holder = make('div'), stage = make('div', {class: 'stage scroll'}, holder);
    holder.append(base, over);
    for (const canvas of [base, over]) canvas.style.position = 'absolute';
    holder.style.position = 'sticky';
    holder.style.top = '0';
    holder.style.height = '0';
    stage.append(space);
    root.append(make('div', {class: 'bar'}, title, note, make('span', {class: 'fill'}), make('label', {}, 'weights from', slider, shown)), stage);

    const kRow = 20, kMost = 20000;
    let edges = [];

    const sides = () => ({left: Math.min(150, stage.clientWidth * 0.3), right: stage.clientWidth - Math.min(150, stage.clientWidth * 0.3)});
    const y = (index) => (index + 0.5) * kRow + 4 - stage.scrollTop;

    // Strongest first, so that what is too much is the weakest.
    function gather() {
      const map = model.map(state.layer, state.head);
      edges = [];
      let all = 0;
      for (let query = 0; query < model.count; ++query)
        for (let key = state.first ? 0 : 1; key < model.count; ++key) {
          const value = map[query * model.count + key];
          if (!(value > 0) || value < state.threshold) continue;
          ++all;
          edges.push({query, key, value});
        }
      edges.sort((a, b) => b.value - a.value);
      edges.length = Math.min(edges.length, kMost);
      note.textContent = `${all} line${all === 1 ? '' : 's'}` + (all > kMost ? `, the ${kMost} strongest drawn` : '') + (state.first ? '' : ', without those to the first token');
    }

    function curve(context, {query, key}, {left, right}) {
      const middle = (left + right) / 2;
      context.moveTo(left + 6, y(query));
      context.bezierCurveTo(middle, y(query), middle, y(key), right - 6, y(key));
    }

    function strokes(context, list, colour) {
      const kSteps = 12, {height} = stage.getBoundingClientRect(), place = sides();
      const buckets = Array.from({length: kSteps}, () => []);
      for (const edge of list) {
        const [a, b] = [y(edge.query), y(edge.key)];
        if (Math.max(a, b) < 0 || Math.min(a, b) > height) continue;
        buckets[Math.min(kSteps - 1, Math.floor(edge.value * kSteps))].push(edge);
      }
      context.strokeStyle = colour;
      buckets.forEach((bucket, step) => {
        if (bucket.length === 0) return;
        context.globalAlpha = 0.12 + 0.88 * (step + 1) / kSteps;
        context.lineWidth = 0.8 + 2.2 * (step + 1) / kSteps;
        context.beginPath();
        for (const edge of bucket) curve(context, edge, place);
        context.stroke();
      });
      context.globalAlpha = 1;
    }

    function text(context, strong) {
      const {left, right} = sides(), first = Math.max(0, Math.floor(stage.scrollTop / kRow) - 1);
      const last = Math.min(model.count, first + Math.ceil(stage.clientHeight / kRow) + 2);
      context.textBaseline = 'middle';
      context.font = '12px ' + attnx.css('--mono');
      for (let index = first; index < last; ++index) {
        const {label, generated} = model.tokens[index];
        const short = [...label].length > 14 ? [...label].slice(0, 13).join('') + '…' : label;
        for (const [side, align, x] of [['query', 'right', left], ['key', 'left', right]]) {
          const chosen = strong?.[side] === index || (state.token === index && side === (state.direction === 'out' ? 'query' : 'key'));
          context.textAlign = align;
          context.fillStyle = attnx.css(chosen ? (side === 'query' ? '--query' : '--key') : generated ? '--made' : '--ink');
          context.fillText(side === 'query' ? `${short} ${index}` : `${index} ${short}`, x, y(index));
        }
      }
    }

    function draw() {
      title.textContent = words.name(state.layer, state.head);
      slider.value = String(state.threshold);
      shown.textContent = state.threshold.toFixed(2);
      const width = stage.clientWidth, height = stage.clientHeight;
      if (width < 20 || height < 20) return;
      space.style.height = model.count * kRow + 8 + 'px';
      const context = picture.size(base, width, height);
      base.dataset.rows = [kRow, sides().left, sides().right].join(' ');
      base.setAttribute('aria-label', `${title.textContent}: ${edges.length} lines from queries, left, to keys, right`);
      strokes(context, chosenOnly() ?? edges, attnx.css('--accent'));
      text(context, null);
      mark(attnx.point);
    }

    const ofToken = (token, out) => edges.filter((edge) => (out ? edge.query : edge.key) === token);
    const chosenOnly = () => state.token === null ? null : ofToken(state.token, state.direction === 'out');

    // The lines of what is pointed at, over the others.
    let side = null;
    function mark(point) {
      const context = picture.size(over, stage.clientWidth, stage.clientHeight);
      if (side === null && !point) return;
      const out = side ? side.query !== undefined : true;
      const list = side ? ofToken(side.query ?? side.key, out) : edges.filter((edge) => edge.query === point.query && edge.key === point.key);
      context.fillStyle = attnx.css('--card');
      context.globalAlpha = 0.7;
      context.fillRect(sides().left + 2, 0, sides().right - sides().left - 4, stage.clientHeight);
      context.globalAlpha = 1;
      strokes(context, list, attnx.css(out ? '--query' : '--key'));
      context.font = '11px system-ui, sans-serif';
      context.textBaseline = 'middle';
      context.fillStyle = attnx.css('--ink');
      for (const {query, key, value} of list.slice(0, 12)) {
        context.textAlign = out ? 'right' : 'left';
        context.fillText(words.short(value), out ? sides().right - 10 : sides().left + 10, y(out ? key : query) - 6);
      }
    }

    function at(event) {
      const box = stage.getBoundingClientRect(), index = Math.floor((event.clientY - box.top + stage.scrollTop - 4) / kRow);
      if (index < 0 || index >= model.count) return null;
      const x = event.clientX - box.left;
      return x < sides().left + 6 ? {query: index} : x > sides().right - 6 ? {key: index} : null;
    }
    stage.addEventListener('mousemove', (event) => {
      const next = at(event);
      if (next?.query === side?.query && next?.key === side?.key) return;
      side = next;
      stage.style.cursor = next ? 'pointer' : '';
      const [strongest] = next ? ofToken(next.query ?? next.key, next.query !== undefined) : [];
      if (strongest) hover(strongest.query, strongest.key);
      else hover(null);
      mark(attnx.point);
    });
    stage.addEventListener('mouseleave', () => { side = null; hover(null); mark(null); });
    stage.addEventListener('click', (event) => {
      const found = at(event);
      if (found) set(found.query !== undefined ? {token: found.query, direction: 'out'} : {token: found.key, direction: 'in'});
      else set({token: null});
    });
    stage.addEventListener('scroll', draw);

    return {
      update(changed) {
        if (['layer', 'head', 'threshold', 'first', 'shown'].some((name) => changed.has(name))) gather();
        if (state.token !== null && (changed.has('token') || changed.has('shown')) && (y(state.token) < 0 || y(state.token) > stage.clientHeight)) {
          space.style.height = model.count * kRow + 8 + 'px';
          stage.scrollTop = state.token * kRow - stage.clientHeight / 2;
        }
        draw();
      },
      hover: mark,
    };
  },
});
