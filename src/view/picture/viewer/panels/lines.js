// Tokens twice, queries left and keys right, and a line for each weight above the threshold.
attnx.panels.push({
  id: 'lines', title: 'Lines', place: 'main', order: 2,
  make(root) {
    const {state, model, picture, words, make, set, hover, edges: shared} = attnx;
    const title = make('h2'), note = make('span');
    const slider = shared.slider('threshold');
    const space = make('div'), {base, over} = picture.layers();
    const holder = make('div'), stage = make('div', {class: 'stage scroll'}, holder);
    holder.append(base, over);
    for (const canvas of [base, over]) canvas.style.position = 'absolute';
    holder.style.position = 'sticky';
    holder.style.top = '0';
    holder.style.height = '0';
    stage.append(space);
    root.append(make('div', {class: 'bar'}, title, note, make('span', {class: 'fill'}), slider.label), stage);

    const kRow = 20;
    let edges = [];

    const sides = () => ({left: Math.min(150, stage.clientWidth * 0.3), right: stage.clientWidth - Math.min(150, stage.clientWidth * 0.3)});
    const y = (index) => (index + 0.5) * kRow + 4 - stage.scrollTop;

    function curve(context, {query, key}, {left, right}) {
      const middle = (left + right) / 2;
      context.moveTo(left + 6, y(query));
      context.bezierCurveTo(middle, y(query), middle, y(key), right - 6, y(key));
    }

    function strokes(context, list, colour) {
      const {height} = stage.getBoundingClientRect(), place = sides();
      const inside = list.filter(({query, key}) => Math.max(y(query), y(key)) >= 0 && Math.min(y(query), y(key)) <= height);
      shared.strokes(context, inside, colour, (path, edge) => curve(path, edge, place));
    }

    function text(context, strong) {
      const {left, right} = sides(), first = Math.max(0, Math.floor(stage.scrollTop / kRow) - 1);
      const last = Math.min(model.count, first + Math.ceil(stage.clientHeight / kRow) + 2);
      context.textBaseline = 'middle';
      context.font = '12px ' + attnx.css('--mono');
      for (let index = first; index < last; ++index) {
        const {label, generated} = model.tokens[index];
        const short = words.cut(label, 14);
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
      slider.update();
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

    const ofToken = (token, out) => shared.ofToken(edges, token, out);
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
        if (['layer', 'head', 'threshold', 'first', 'shown'].some((name) => changed.has(name))) ({edges, said: note.textContent} = shared.gather());
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
