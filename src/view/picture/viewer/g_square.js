// A map of queries in rows and keys in columns, to be looked into; a panel says of what:
// id; seen() {name, map}; about() what is said beside its name; `cells` what they are called in files, `drawn` to who hears it.
attnx.square = (root, {id, seen, about, cells, drawn}) => {
  const {state, model, picture, words, make, set, hover} = attnx;
  const title = make('h2'), note = make('span'), legend = make('span', {class: 'legend'});
  const stage = make('div', {class: 'stage'});
  const {base, over} = picture.layers();
  stage.append(base, over);
  root.append(make('div', {class: 'bar'}, title, note, make('span', {class: 'fill'}), legend,
    make('button', {type: 'button', text: 'PNG', title: 'save this picture', onclick: () => base.toBlob((blob) => picture.save(fileName('png'), blob))}),
    make('button', {type: 'button', text: 'CSV', title: 'save these numbers', onclick: saveNumbers})), stage);

  const whole = () => ({q0: 0, k0: 0, side: model.count});
  let window = whole(), place = null;

  const fileName = (ending) => `${seen().name.replaceAll(' ', '-')}.${ending}`;
  function saveNumbers() {
    const quoted = (text) => '"' + text.replaceAll('"', '""') + '"';
    const {map} = seen();
    const lines = ['query,query_token,key,key_token,' + cells];
    for (let q = 0; q < model.count; ++q) for (let k = 0; k < model.count; ++k) {
      const value = map[q * model.count + k];
      if (!Number.isNaN(value)) lines.push([q, quoted(model.tokens[q].label), k, quoted(model.tokens[k].label), model.bits === 32 ? value : Number(value.toPrecision(5))].join(','));
    }
    picture.save(fileName('csv'), new Blob([lines.join('\n') + '\n'], {type: 'text/csv'}));
  }

  const text = (index) => words.cut(model.tokens[index].label);
  // As wide as the longest label.
  function margins(context) {
    context.font = '12px ' + attnx.css('--mono');
    let widest = 50;
    for (let index = 0; index < model.count; ++index) widest = Math.max(widest, context.measureText(`${text(index)} ${index}`).width);
    return {left: Math.ceil(widest) + 10, top: Math.ceil(widest) + 10};
  }

  function labels(context, {left, top, cell}) {
    context.font = Math.min(12, Math.max(10, cell - 2)) + 'px ' + attnx.css('--mono');
    const every = Math.max(1, Math.ceil(13 / cell));
    const {q0, k0, side} = window;
    for (let i = 0; i < side; i += every) {
      const ink = (index) => attnx.css(model.tokens[index].generated ? '--made' : '--soft');
      context.textBaseline = 'middle';
      context.textAlign = 'right';
      if (q0 + i < model.count) {
        context.fillStyle = ink(q0 + i);
        context.fillText(`${text(q0 + i)} ${q0 + i}`, left - 5, top + (i + 0.5) * cell);
      }
      if (k0 + i < model.count) {
        context.save();
        context.translate(left + (i + 0.5) * cell, top - 5);
        context.rotate(-Math.PI / 2);
        context.textAlign = 'left';
        context.fillStyle = ink(k0 + i);
        context.fillText(`${k0 + i} ${text(k0 + i)}`, 0, 0);
        context.restore();
      }
    }
  }

  // What stands above the picture decides how much room is left for it.
  function head() {
    const {side} = window;
    title.textContent = seen().name;
    note.textContent = [...about(), side < model.count ? `${side} × ${side} of ${model.count} tokens` : ''].filter(Boolean).join(' · ');
    picture.legend(legend);
  }

  function draw() {
    head();
    const width = stage.clientWidth, height = stage.clientHeight;
    if (width < 20 || height < 20) return;
    const {map} = seen();
    const context = picture.size(base, width, height);
    const {left, top} = margins(context);
    const room = Math.max(40, Math.min(width - left - 4, height - top - 4));
    const {q0, k0, side} = window;
    let cell = Math.min(36, room / side);
    if (cell > 6) cell = Math.floor(cell);
    place = {left, top, cell, extent: cell * side};
    base.dataset.cell = [left, top, cell, q0, k0, side].join(' ');
    const q1 = Math.min(model.count, q0 + side), k1 = Math.min(model.count, k0 + side);
    const {picture: image, pool} = picture.image(map, {q0, q1, k0, k1, most: Math.round(room * (globalThis.devicePixelRatio || 1))});
    context.fillStyle = attnx.css('--masked');
    context.fillRect(left, top, (k1 - k0) * cell, (q1 - q0) * cell);
    context.imageSmoothingEnabled = false;
    context.drawImage(image, left, top, image.width * pool * cell, image.height * pool * cell);
    if (cell >= 7) {
      context.strokeStyle = attnx.css('--card');
      context.lineWidth = 1;
      context.beginPath();
      for (let i = 1; i < side; ++i) {
        context.moveTo(left + i * cell + 0.5, top);
        context.lineTo(left + i * cell + 0.5, top + side * cell);
        context.moveTo(left, top + i * cell + 0.5);
        context.lineTo(left + side * cell, top + i * cell + 0.5);
      }
      context.stroke();
    }
    if (model.promptTokens < model.count) {
      context.strokeStyle = attnx.css('--made');
      context.setLineDash([4, 3]);
      context.beginPath();
      const y = top + (model.promptTokens - q0) * cell, x = left + (model.promptTokens - k0) * cell;
      if (y > top && y < top + place.extent) { context.moveTo(8, y); context.lineTo(left + place.extent, y); }
      if (x > left && x < left + place.extent) { context.moveTo(x, 8); context.lineTo(x, top + place.extent); }
      context.stroke();
      context.setLineDash([]);
    }
    labels(context, place);
    if (pool > 1) {
      context.font = '11px system-ui, sans-serif';
      context.textAlign = 'right';
      context.fillStyle = attnx.css('--soft');
      context.fillText(`each square is the greatest of ${pool} × ${pool}`, left + place.extent, top + 14);
    }
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = attnx.css('--query');
    context.textAlign = 'left';
    context.fillText('query ↓', 2, top - 22);
    context.fillStyle = attnx.css('--key');
    context.fillText('key →', 2, top - 8);

    base.setAttribute('aria-label', `${title.textContent}: ${drawn} of ${model.count} queries, in rows, and keys, in columns`);
    mark(attnx.point);
  }

  function mark(point) {
    if (!place) return;
    const context = picture.size(over, stage.clientWidth, stage.clientHeight);
    const {left, top, cell, extent} = place, {q0, k0, side} = window;
    const inside = (value, from) => value >= from && value < from + side;
    context.lineWidth = 1.5;
    if (state.token !== null) {
      const out = state.direction === 'out';
      context.strokeStyle = attnx.css(out ? '--query' : '--key');
      if (out && inside(state.token, q0)) context.strokeRect(left - 1, top + (state.token - q0) * cell - 1, extent + 2, Math.max(3, cell + 2));
      if (!out && inside(state.token, k0)) context.strokeRect(left + (state.token - k0) * cell - 1, top - 1, Math.max(3, cell + 2), extent + 2);
    }
    if (!point || !inside(point.query, q0) || !inside(point.key, k0)) return;
    const x = left + (point.key - k0) * cell, y = top + (point.query - q0) * cell;
    context.globalAlpha = 0.75;
    context.fillStyle = attnx.css('--query');
    context.fillRect(left - 3, y, 3, Math.max(2, cell));
    context.fillRect(left, y + cell / 2 - 0.5, x - left, 1);
    context.fillStyle = attnx.css('--key');
    context.fillRect(x, top - 3, Math.max(2, cell), 3);
    context.fillRect(x + cell / 2 - 0.5, top, 1, y - top);
    context.globalAlpha = 1;
    context.strokeStyle = attnx.css('--ink');
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, Math.max(3, cell + 2), Math.max(3, cell + 2));
  }

  function at(event) {
    if (!place) return null;
    const box = base.getBoundingClientRect();
    const key = window.k0 + Math.floor((event.clientX - box.left - place.left) / place.cell);
    const query = window.q0 + Math.floor((event.clientY - box.top - place.top) / place.cell);
    const inside = key >= window.k0 && query >= window.q0 && key < Math.min(model.count, window.k0 + window.side) && query < Math.min(model.count, window.q0 + window.side);
    return inside ? {query, key} : null;
  }

  function show(next) {
    const side = Math.round(Math.min(model.count, Math.max(Math.min(8, model.count), next.side)));
    const within = (value) => Math.round(Math.min(model.count - side, Math.max(0, value)));
    window = {side, q0: within(next.q0), k0: within(next.k0)};
    draw();
  }
  function zoom(factor, around) {
    const centre = around ?? {query: window.q0 + window.side / 2, key: window.k0 + window.side / 2};
    const side = Math.round(window.side * factor), share = side / window.side;
    show({side, q0: centre.query - (centre.query - window.q0) * share, k0: centre.key - (centre.key - window.k0) * share});
  }

  let drag = null;
  stage.addEventListener('mousemove', (event) => {
    if (drag) {
      const {left, top} = drag;
      if (Math.abs(event.clientX - left) + Math.abs(event.clientY - top) > 4) drag.moved = true;
      if (drag.moved) return show({...window, q0: drag.window.q0 - (event.clientY - top) / place.cell, k0: drag.window.k0 - (event.clientX - left) / place.cell});
    }
    const found = at(event);
    stage.style.cursor = found ? 'crosshair' : '';
    if (found) hover(found.query, found.key);
    else hover(null);
  });
  stage.addEventListener('mouseleave', () => { drag = null; hover(null); });
  stage.addEventListener('mousedown', (event) => { drag = {left: event.clientX, top: event.clientY, window}; });
  stage.addEventListener('mouseup', (event) => {
    const moved = drag?.moved;
    drag = null;
    const found = at(event);
    if (!moved && found) set(event.shiftKey ? {token: found.key, direction: 'in'} : {token: found.query, direction: 'out'});
  });
  stage.addEventListener('wheel', (event) => {
    const found = at(event);
    if (!found) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, found);
  }, {passive: false});
  stage.addEventListener('dblclick', () => show(whole()));
  attnx.on('zoom', (key) => {
    if (state.panel !== id) return;
    if (key === '0') show(whole());
    else zoom(key === '-' ? 1.25 : 0.8, attnx.point);
  });

  return {
    update(changed) {
      if (changed.size === 1 && changed.has('threshold')) return;
      const marks = ['token', 'direction'];
      if ([...changed].every((name) => marks.includes(name))) mark(attnx.point);
      else draw();
    },
    hover: mark,
    seen,
  };
};
