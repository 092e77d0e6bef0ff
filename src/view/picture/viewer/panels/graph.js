// Tokens as nodes in a circle, and a line for each weight above the threshold: the graph of one head, or of the mean.
attnx.panels.push({
  id: 'graph', title: 'Graph', place: 'main', order: 7, key: 'g',
  make(root) {
    const {state, model, picture, words, make, set, hover, edges: shared} = attnx;
    const title = make('h2'), note = make('span'), slider = shared.slider('graph-threshold');
    const {base, over} = picture.layers(), stage = make('div', {class: 'stage'}, base, over);
    const legend = make('p', {class: 'soft'});
    root.append(make('div', {class: 'bar'}, title, note, make('span', {class: 'fill'}), slider.label), legend, stage);

    let edges = [], sizes = [], place = {x: 0, y: 0, radius: 1};
    const angle = (index) => -Math.PI / 2 + 2 * Math.PI * (index + 0.5) / (model.count + 1);
    const at = (index, radius = place.radius) => ({x: place.x + radius * Math.cos(angle(index)), y: place.y + radius * Math.sin(angle(index))});
    const text = (index) => `${words.cut(model.tokens[index].label, 9)} ${index}`;

    // A node is as large as what its token is paid by others.
    function gather() {
      ({edges, said: note.textContent} = shared.gather());
      const paid = new Float64Array(model.count), own = new Float64Array(model.count);
      for (const {query, key, value} of edges) (query === key ? own : paid)[key] += value;
      const most = Math.max(1, ...paid);
      sizes = [...paid].map((value, i) => ({share: Math.sqrt(value / most), own: own[i]}));
    }

    function trace(context, {query, key}) {
      if (query === key) return;
      const from = at(query), to = at(key), bend = 1 - 0.8 * Math.hypot(from.x - to.x, from.y - to.y) / (2 * place.radius);
      context.moveTo(from.x, from.y);
      context.quadraticCurveTo(place.x + ((from.x + to.x) / 2 - place.x) * bend, place.y + ((from.y + to.y) / 2 - place.y) * bend, to.x, to.y);
    }

    // As many labels as there is room for, those of the largest nodes first.
    function labelled(chosen) {
      const gap = 13 / place.radius, taken = [], shown = new Set();
      const free = (index) => taken.every((other) => { const apart = Math.abs(angle(index) - angle(other)); return Math.min(apart, 2 * Math.PI - apart) >= gap; });
      const order = model.tokens.map((token) => token.index).sort((a, b) => chosen.has(b) - chosen.has(a) || sizes[b].share - sizes[a].share || a - b);
      for (const index of order) {
        if (taken.length * gap > 2 * Math.PI) break;
        if (!free(index)) continue;
        taken.push(index);
        shown.add(index);
      }
      return shown;
    }

    const radiusOf = (index) => 2 + sizes[index].share * Math.min(11, Math.max(4, 2.4 * place.radius / model.count));
    function node(context, index, colour, strong = false) {
      const {x, y} = at(index), radius = radiusOf(index), {own} = sizes[index];
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x, y, radius + (strong ? 1.5 : 0), 0, 2 * Math.PI);
      context.fill();
      if (own === 0) return;
      context.globalAlpha = 0.25 + 0.75 * own;
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, radius + 3, 0, 2 * Math.PI);
      context.stroke();
      context.globalAlpha = 1;
    }

    function label(context, index, colour) {
      const {x, y} = at(index, place.radius + radiusOf(index) + 6), turned = Math.cos(angle(index)) < 0;
      context.save();
      context.translate(x, y);
      context.rotate(angle(index) + (turned ? Math.PI : 0));
      context.textAlign = turned ? 'right' : 'left';
      context.textBaseline = 'middle';
      context.fillStyle = colour;
      context.fillText(text(index), 0, 0);
      context.restore();
    }

    const colourOf = (index) => attnx.css(model.tokens[index].generated ? '--made' : '--ink');
    function draw() {
      title.textContent = words.name(state.layer, state.head);
      slider.update();
      legend.textContent = 'Larger: paid more by others; ring: by itself. Solid: what a token attends to; dashed: what attends to it.';
      const width = stage.clientWidth, height = stage.clientHeight;
      if (width < 20 || height < 20) return;
      const context = picture.size(base, width, height);
      context.font = '12px ' + attnx.css('--mono');
      const room = Math.max(...model.tokens.map(({index}) => context.measureText(text(index)).width)) + 18;
      place = {x: width / 2, y: height / 2, radius: Math.max(30, Math.min(width, height) / 2 - room)};
      base.dataset.circle = [place.x, place.y, place.radius].join(' ');
      base.setAttribute('aria-label', `${title.textContent}: a graph of ${model.count} tokens with ${edges.length} lines`);
      shared.strokes(context, edges, attnx.css('--accent'), trace);
      for (let index = 0; index < model.count; ++index) node(context, index, colourOf(index));
      for (const index of labelled(new Set())) label(context, index, colourOf(index));
      mark();
    }

    // The lines of one token over the others.
    let under = null;
    function mark() {
      const context = picture.size(over, stage.clientWidth, stage.clientHeight), token = under ?? state.token;
      if (token === null) return;
      context.fillStyle = attnx.css('--card');
      context.globalAlpha = 0.78;
      context.fillRect(0, 0, stage.clientWidth, stage.clientHeight);
      context.globalAlpha = 1;
      const out = shared.ofToken(edges, token, true), into = shared.ofToken(edges, token, false);
      context.setLineDash([5, 3]);
      shared.strokes(context, into, attnx.css('--query'), trace);
      context.setLineDash([]);
      shared.strokes(context, out, attnx.css('--key'), trace);
      const colours = new Map([...into.map(({query}) => [query, '--query']), ...out.map(({key}) => [key, '--key']), [token, '--ink']]);
      for (const [index, colour] of colours) node(context, index, attnx.css(colour), index === token);
      context.font = '12px ' + attnx.css('--mono');
      const shown = labelled(new Set(colours.keys()));
      for (const [index, colour] of colours) if (shown.has(index)) label(context, index, attnx.css(colour));
    }

    function find(event) {
      const box = stage.getBoundingClientRect(), x = event.clientX - box.left - place.x, y = event.clientY - box.top - place.y;
      if (Math.hypot(x, y) < place.radius - 16 || Math.hypot(x, y) > place.radius + 120) return null;
      const turn = (Math.atan2(y, x) + Math.PI / 2 + 2 * Math.PI) % (2 * Math.PI);
      const index = Math.floor(turn / (2 * Math.PI) * (model.count + 1));
      return index < model.count ? index : null;
    }
    stage.addEventListener('mousemove', (event) => {
      const next = find(event);
      if (next === under) return;
      under = next;
      stage.style.cursor = next === null ? '' : 'pointer';
      const [strongest] = next === null ? [] : shared.ofToken(edges, next, true).concat(shared.ofToken(edges, next, false));
      if (strongest) hover(strongest.query, strongest.key);
      else hover(null);
      mark();
    });
    stage.addEventListener('mouseleave', () => { under = null; hover(null); mark(); });
    stage.addEventListener('click', () => set({token: under}));

    return {
      update(changed) {
        if (['layer', 'head', 'threshold', 'first', 'shown'].some((name) => changed.has(name))) gather();
        if ([...changed].every((name) => name === 'token' || name === 'direction')) mark();
        else draw();
      },
    };
  },
});
