// Every head of every layer at once.
attnx.panels.push({
  id: 'all', title: 'All heads', place: 'main', order: 5,
  make(root) {
    const {state, model, picture, words, make, set} = attnx;
    const note = make('span'), legend = make('span', {class: 'legend'});
    const drawing = picture.canvas(10, 10), stage = make('div', {class: 'stage scroll'}, make('div', {}, drawing));
    drawing.setAttribute('role', 'img');
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'All heads'}), note, make('span', {class: 'fill'}), legend), stage);
    const widest = Math.max(...model.layers.map((layer) => Math.max(...layer.heads))) + 1;
    const kLeft = 30, kTop = 18, kGap = 4;
    let side = 60, round = 0;

    function frame(context) {
      const y = model.layers.findIndex((each) => each.layer === state.layer);
      context.lineWidth = 2;
      for (const layer of model.layers) for (const head of layer.heads) {
        const chosen = layer.layer === state.layer && head === state.head;
        context.strokeStyle = chosen ? attnx.css('--accent') : attnx.css('--card');
        const row = model.layers.indexOf(layer);
        context.strokeRect(kLeft + head * (side + kGap) - 1.5, kTop + row * (side + kGap) - 1.5, side + 3, side + 3);
      }
      return y;
    }

    function draw() {
      const mine = ++round;
      side = Math.max(28, Math.min(110, Math.floor((stage.clientWidth - kLeft - 20) / widest) - kGap));
      const context = picture.size(drawing, kLeft + widest * (side + kGap), kTop + model.layers.length * (side + kGap));
      drawing.dataset.cell = [kLeft, kTop, side + kGap].join(' ');
      drawing.setAttribute('aria-label', `Maps of all heads of ${model.layers.length} layers; the view Table has their numbers`);
      note.textContent = `${model.layers.length} layers down, ${widest} heads across`;
      picture.legend(legend);
      context.font = '11px system-ui, sans-serif';
      context.textBaseline = 'middle';
      context.textAlign = 'center';
      context.fillStyle = attnx.css('--soft');
      for (let head = 0; head < widest; ++head) context.fillText(String(head), kLeft + head * (side + kGap) + side / 2, 7);
      const [{shared}] = model.layers;
      if (shared > 1) {
        context.fillStyle = attnx.css('--accent');
        for (let head = 0; head < widest; head += shared) context.fillRect(kLeft + head * (side + kGap), 13, Math.min(shared, widest - head) * (side + kGap) - kGap, 2);
      }
      picture.forget();
      model.layers.forEach((layer, row) => {
        context.fillStyle = attnx.css('--soft');
        context.textAlign = 'right';
        context.fillText(String(layer.layer), kLeft - 6, kTop + row * (side + kGap) + side / 2);
        for (const head of layer.heads) {
          const x = kLeft + head * (side + kGap), y = kTop + row * (side + kGap);
          context.fillStyle = attnx.css('--masked');
          context.fillRect(x, y, side, side);
          picture.later(() => {
            if (mine !== round) return;
            context.imageSmoothingEnabled = false;
            context.drawImage(picture.image(model.map(layer.layer, head), {most: Math.round(side * (window.devicePixelRatio || 1))}).picture, x, y, side, side);
          });
        }
      });
      frame(context);
    }

    function at(event) {
      const box = drawing.getBoundingClientRect();
      const layer = model.layers[Math.floor((event.clientY - box.top - kTop) / (side + kGap))]?.layer;
      const head = Math.floor((event.clientX - box.left - kLeft) / (side + kGap));
      return layer !== undefined && model.has(layer, head) ? {layer, head} : null;
    }
    drawing.addEventListener('mousemove', (event) => {
      const found = at(event);
      drawing.title = found ? `${words.name(found.layer, found.head)}: ${words.metric(state.metric, model.row(found.layer, found.head)?.[state.metric])}` : '';
      drawing.style.cursor = found ? 'pointer' : '';
    });
    drawing.addEventListener('click', (event) => { const found = at(event); if (found) set(found); });
    drawing.addEventListener('dblclick', () => set({panel: 'map'}));

    return {
      update(changed) {
        if (['scale', 'colours', 'first', 'theme', 'shown', 'size'].some((name) => changed.has(name))) draw();
        else if (changed.has('layer') || changed.has('head')) frame(drawing.getContext('2d'));
      },
    };
  },
});
