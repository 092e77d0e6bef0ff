// Maps as pictures: an image with a pixel for each cell, pooled where there are more cells than pixels.
attnx.picture = (() => {
  const {state, model, colour, make} = attnx;

  function canvas(width, height) {
    const element = make('canvas');
    size(element, width, height);
    return element;
  }

  // A picture, and what is marked over it.
  function layers() {
    const base = canvas(10, 10), over = canvas(10, 10);
    base.setAttribute('role', 'img');
    over.setAttribute('aria-hidden', 'true');
    over.className = 'over';
    return {base, over};
  }

  // In CSS pixels; returns its context, scaled.
  function size(element, width, height) {
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.max(1, Math.round(width * ratio));
    element.height = Math.max(1, Math.round(height * ratio));
    element.style.width = width + 'px';
    element.style.height = height + 'px';
    const context = element.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  // Of queries [q0, q1) and keys [k0, k1); `most`: as many pixels as it may have at a side. What is masked is left clear.
  function image(map, {q0 = 0, q1 = model.count, k0 = 0, k1 = model.count, most = Infinity} = {}) {
    const {count} = model;
    const pool = Math.max(1, Math.ceil(Math.max(q1 - q0, k1 - k0) / most));
    const height = Math.ceil((q1 - q0) / pool), width = Math.ceil((k1 - k0) / pool);
    const picture = make('canvas');
    picture.width = width;
    picture.height = height;
    const context = picture.getContext('2d');
    const data = context.createImageData(width, height);
    const pixels = new Uint32Array(data.data.buffer);
    const parts = new Float32Array(width);
    for (let y = 0; y < height; ++y) {
      parts.fill(-1);
      for (let query = q0 + y * pool; query < Math.min(q1, q0 + (y + 1) * pool); ++query) {
        const begin = query * count;
        let largest = 0;
        if (state.scale === 'row') for (let key = state.first ? 0 : 1; key < count; ++key) if (map[begin + key] > largest) largest = map[begin + key];
        for (let key = k0; key < k1; ++key) {
          const value = map[begin + key];
          if (value !== value || (key === 0 && !state.first)) continue;
          const part = colour.scaled(value, largest);
          const x = pool === 1 ? key - k0 : Math.floor((key - k0) / pool);
          if (part > parts[x]) parts[x] = part;
        }
      }
      for (let x = 0; x < width; ++x) if (parts[x] >= 0) pixels[y * width + x] = colour.pixel(parts[x]);
    }
    context.putImageData(data, 0, 0);
    return {picture, pool};
  }

  // Small pictures are drawn when there is time, those asked for last first, each once for a look.
  const queue = [];
  let busy = false;
  function later(task) {
    queue.push(task);
    if (busy) return;
    busy = true;
    setTimeout(work, 0);
  }
  function work() {
    const until = performance.now() + 10;
    while (queue.length > 0 && performance.now() < until) queue.shift()();
    if (queue.length > 0) setTimeout(work, 4);
    else busy = false;
  }
  function forget() { queue.length = 0; }
  function finish() { while (queue.length > 0) queue.shift()(); }

  function thumb(element, layer, head, side) {
    const context = size(element, side, side);
    context.fillStyle = attnx.css('--masked');
    context.fillRect(0, 0, side, side);
    later(() => {
      const {picture} = image(model.map(layer, head), {most: Math.round(side * (window.devicePixelRatio || 1))});
      context.imageSmoothingEnabled = false;
      context.drawImage(picture, 0, 0, side, side);
    });
  }

  // All colours, from the least to the greatest.
  function bar(width = 90) {
    const element = canvas(width, 10), context = element.getContext('2d');
    for (let x = 0; x < width; ++x) {
      context.fillStyle = colour.css(x / (width - 1));
      context.fillRect(x, 0, 1.5, 10);
    }
    return element;
  }

  function legend(root) {
    const {unscaled} = colour, middle = unscaled(0.5);
    const names = {linear: 'linear', sqrt: 'square root', log: 'logarithmic', row: 'each row by its largest'};
    const low = state.scale === 'log' ? '≤ ' + unscaled(0) : '0';
    root.replaceChildren(make('span', {text: low}), bar(120), make('span', {text: state.scale === 'row' ? 'largest' : '1'}),
      make('span', {text: names[state.scale] + (['sqrt', 'log'].includes(state.scale) ? `, ${Number(middle.toPrecision(2))} in the middle` : '')}), make('span', {class: 'blank'}), make('span', {text: state.first ? 'masked' : 'masked, or first token'}));
  }

  function save(name, blob) {
    const link = make('a', {href: URL.createObjectURL(blob), download: name});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  return {canvas, layers, size, image, thumb, later, forget, finish, bar, legend, save};
})();
