// All heads by one metric: layers down, heads across, those that share keys bracketed; and the first of them in order.
attnx.panels.push({
  id: 'overview', title: 'Heads', place: 'left',
  make(root) {
    const {state, model, colour, picture, words, make, set} = attnx;
    const select = make('select', {'aria-label': 'Metric', onchange: () => set({metric: select.value})},
      ...model.metrics.map((metric) => make('option', {value: metric.id, text: metric.label})));
    const meaning = make('p', {class: 'soft'}), legend = make('div', {class: 'legend'});
    const drawing = picture.canvas(10, 10), holder = make('div', {class: 'overview'}, drawing);
    drawing.setAttribute('role', 'img');
    const order = make('button', {text: '', onclick: () => { highest = !highest; rank(); }});
    const list = make('ol', {class: 'rank'});
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'Heads by'}), select), meaning, holder, legend,
      make('div', {class: 'bar'}, make('h2', {text: 'In order'}), make('span', {class: 'fill'}), order), list);

    const widest = Math.max(...model.layers.map((layer) => Math.max(...layer.heads))) + 1;
    const kLeft = 26, kTop = 20;
    let highest = true, cell = 10;

    const sorted = () => model.layers
      .flatMap((layer) => layer.heads.map((head) => ({layer: layer.layer, head, value: model.row(layer.layer, head)?.[state.metric] ?? null})))
      .filter((each) => each.value !== null)
      .sort((a, b) => (highest ? b.value - a.value : a.value - b.value) || a.layer - b.layer || a.head - b.head);

    function draw() {
      const metric = model.metrics.find((each) => each.id === state.metric);
      const [low, high] = model.rangeOf(metric.id);
      cell = Math.max(6, Math.min(24, Math.floor((Math.max(180, root.clientWidth - 26) - kLeft) / widest)));
      const height = Math.max(6, Math.min(cell, 18, Math.floor(420 / model.layers.length)));
      const context = picture.size(drawing, kLeft + widest * cell, kTop + model.layers.length * height + 2);
      drawing.dataset.cell = [kLeft, kTop, cell, height].join(' ');
      context.font = '10px system-ui, sans-serif';
      context.fillStyle = attnx.css('--soft');
      context.textAlign = 'center';
      const every = Math.ceil(16 / cell);
      for (let head = 0; head < widest; head += every) context.fillText(String(head), kLeft + (head + 0.5) * cell, 9);
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      const rowsEvery = Math.ceil(11 / height);
      // Heads of one KV head have a bracket above; of the first layer, whose division the others have unless they say so.
      const [{shared}] = model.layers;
      if (shared > 1) {
        context.fillStyle = attnx.css('--accent');
        for (let head = 0; head < widest; head += shared) context.fillRect(kLeft + head * cell + 1, 13, Math.min(shared, widest - head) * cell - 3, 2);
      }
      model.layers.forEach((layer, y) => {
        context.fillStyle = attnx.css('--soft');
        if (y % rowsEvery === 0) context.fillText(layer.layer + (layer.window !== null ? 'w' : ''), kLeft - 5, kTop + (y + 0.5) * height);
        for (const head of layer.heads) {
          const value = model.row(layer.layer, head)?.[metric.id];
          context.fillStyle = value === null || value === undefined ? attnx.css('--masked') : colour.css((value - low) / (high - low));
          context.fillRect(kLeft + head * cell, kTop + y * height, cell - 1, height - 1);
        }
        if (layer.layer === state.layer) {
          context.lineWidth = 2;
          context.strokeStyle = attnx.css('--query');
          if (state.head === 'mean') context.strokeRect(kLeft - 1, kTop + y * height - 1, widest * cell + 1, height + 1);
          else context.strokeRect(kLeft + state.head * cell - 1, kTop + y * height - 1, cell + 1, height + 1);
        }
      });
      meaning.textContent = metric.meaning + (shared > 1 ? `. Bars join the ${shared} heads that share a KV head` : '');
      legend.replaceChildren(make('span', {text: words.metric(metric.id, low)}), picture.bar(), make('span', {text: words.metric(metric.id, high)}));
      if (model.layers.some((layer) => layer.window !== null)) legend.append(make('span', {text: 'w: sees a window'}));
      drawing.setAttribute('aria-label', `${metric.label} of ${model.layers.length} layers and ${widest} heads; the list below has the first, the view Table all numbers`);
    }

    function rank() {
      const [, high] = model.rangeOf(state.metric);
      order.textContent = highest ? 'highest first' : 'lowest first';
      list.replaceChildren(...sorted().slice(0, 24).map(({layer, head, value}) => {
        const bar = make('i');
        bar.style.width = 100 * Math.min(1, value / high) + '%';
        const chosen = layer === state.layer && head === state.head;
        return make('li', {}, make('button', {type: 'button', class: chosen ? 'chosen' : '', 'data-head': words.name(layer, head), onclick: () => set({layer, head})},
          make('span', {text: words.name(layer, head)}), make('span', {class: 'bartrack'}, bar), make('span', {class: 'number', text: words.metric(state.metric, value)})));
      }));
    }

    function at(event) {
      const [left, top, width, height] = drawing.dataset.cell.split(' ').map(Number);
      const box = drawing.getBoundingClientRect();
      const layer = model.layers[Math.floor((event.clientY - box.top - top) / height)]?.layer;
      const head = Math.floor((event.clientX - box.left - left) / width);
      if (layer === undefined) return null;
      return event.clientX - box.left < left ? {layer, head: 'mean'} : model.has(layer, head) ? {layer, head} : null;
    }
    drawing.addEventListener('mousemove', (event) => {
      const found = at(event);
      const value = found && model.row(found.layer, found.head)?.[state.metric];
      drawing.title = found ? `${words.name(found.layer, found.head)}: ${words.metric(state.metric, value)}` : '';
      drawing.style.cursor = found ? 'pointer' : '';
    });
    drawing.addEventListener('click', (event) => { const found = at(event); if (found) set(found); });

    return {
      update(changed) {
        select.value = state.metric;
        if (changed.has('metric') || changed.has('layer') || changed.has('head')) rank();
        draw();
      },
    };
  },
});
