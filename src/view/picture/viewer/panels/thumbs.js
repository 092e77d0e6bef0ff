// Small maps: the heads of a layer, those of one KV head together; and the mean of each layer.
(() => {
  const {state, model, picture, words, make, set} = attnx;

  function button(layer, head, side, caption, value) {
    const canvas = make('canvas', {'aria-hidden': 'true'});
    picture.thumb(canvas, layer, head, side);
    const chosen = layer === state.layer && head === state.head;
    return make('button', {type: 'button', class: 'thumb' + (chosen ? ' chosen' : ''), 'data-head': words.name(layer, head),
      onclick: () => set({layer, head, panel: chosen ? 'map' : state.panel})},
      canvas, make('span', {}, caption + ' ', make('span', {class: 'soft', text: value})));
  }

  const valueOf = (layer, head) => words.metric(state.metric, model.row(layer, head)?.[state.metric]);
  const metricLabel = () => model.metrics.find((metric) => metric.id === state.metric).label;

  function panel(id, title, order, fill) {
    attnx.panels.push({
      id, title, place: 'main', order,
      make(root) {
        const heading = make('h2'), note = make('span'), legend = make('span', {class: 'legend'});
        const list = make('div', {class: 'thumbs'});
        root.append(make('div', {class: 'bar'}, heading, note, make('span', {class: 'fill'}), legend), list);
        const needed = ['layer', 'head', 'metric', 'scale', 'colours', 'first', 'theme', 'shown', 'size'];
        return {
          update(changed) {
            if (!needed.some((name) => changed.has(name))) return;
            const light = [...changed].every((name) => name === 'head' || (id === 'layers' && name === 'layer'));
            if (light && list.childElementCount > 0) {
              for (const each of list.querySelectorAll('.thumb')) each.classList.toggle('chosen', each.dataset.head === words.name(state.layer, state.head));
              return;
            }
            picture.forget();
            picture.legend(legend);
            list.replaceChildren();
            fill(list, heading, note);
          },
        };
      },
    });
  }

  panel('heads', 'Heads', 3, (list, heading, note) => {
    const layer = model.byIndex.get(state.layer);
    heading.textContent = `Layer ${layer.layer}`;
    note.textContent = [layer.window !== null ? `window ${layer.window}` : '', layer.shared > 1 ? `${layer.head_count} query heads share ${layer.head_count_kv} KV heads` : `${layer.head_count} heads`, metricLabel()].filter(Boolean).join(' · ');
    const side = layer.heads.length > 16 ? 96 : layer.heads.length > 9 ? 124 : 148;
    const groups = new Map();
    for (const head of layer.heads) {
      const group = Math.floor(head / layer.shared);
      groups.set(group, [...(groups.get(group) ?? []), head]);
    }
    list.append(button(layer.layer, 'mean', side, 'mean', valueOf(layer.layer, 'mean')));
    for (const [group, heads] of groups) {
      const buttons = heads.map((head) => button(layer.layer, head, side, words.name(layer.layer, head), valueOf(layer.layer, head)));
      if (layer.shared > 1) list.append(make('div', {class: 'group'}, make('h3', {text: 'KV head ' + group}), make('div', {}, ...buttons)));
      else list.append(...buttons);
    }
  });

  panel('layers', 'Layers', 4, (list, heading, note) => {
    heading.textContent = 'Mean of the heads, layer by layer';
    note.textContent = metricLabel();
    const side = model.layers.length > 16 ? 104 : 148;
    for (const {layer, window} of model.layers)
      list.append(button(layer, 'mean', side, `L${layer}${window !== null ? ' window ' + window : ''}`, valueOf(layer, 'mean')));
  });
})();
