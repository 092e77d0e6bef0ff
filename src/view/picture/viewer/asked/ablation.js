// Which heads matter: how far the answers move when one is taken out.
attnx.panels.push({
  id: 'ablation', title: 'Ablation', place: 'main', order: 13, key: 'b', needs: 'ablate',
  keeps: [['effect', 'effect', 'kl_mean', (text) => ['kl_mean', 'kl_last', 'loss_change', 'target_logit_change'].includes(text) ? text : 'kl_mean']],
  make(root) {
    const {state, model, picture, signed, words, make, set} = attnx;
    const {heads, target, loss} = attnx.data('ablate').result;
    const effects = [
      {id: 'kl_mean', label: 'KL, mean over tokens', column: 'KL, mean', signed: false}, {id: 'kl_last', label: 'KL after the last token', column: 'KL, last', signed: false},
      {id: 'loss_change', label: 'change of the loss', column: 'loss', signed: true}, {id: 'target_logit_change', label: 'change of the target’s logit', column: 'target’s logit', signed: true},
    ].filter(({id}) => heads.some((row) => row[id] !== null));
    const chosen = () => effects.find(({id}) => id === state.effect) ?? effects[0], {number} = signed;
    const select = make('select', {'aria-label': 'Effect', onchange: () => set({effect: select.value})}, ...effects.map(({id, label}) => make('option', {value: id, text: label})));
    const legend = make('span', {class: 'legend'}), body = make('tbody'), caption = make('caption');
    const map = attnx.headMap(root, {rows: heads, look: () => ({value: (row) => row[chosen().id], signed: chosen().signed, name: chosen().label}),
      said: (row) => [`without ${words.name(row.layer, row.head)}  `, ...effects.flatMap(({id, label}) => [`${label} `, make(id === chosen().id ? 'b' : 'span', {text: number(row[id])}), '  '])]});
    const head = ['head', ...effects.map(({column}) => column)].map((text, i) => make('th', {scope: 'col', class: i === 0 ? 'words' : '', text}));
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'Without a head'}), select, make('span', {class: 'fill'}), legend),
      make('p', {class: 'soft'}, `Each head is taken out alone (0 for what it hands to W_O) and the rest run again. KL of the whole model’s answers and those without the head, in nats${loss === null ? '' : `; the loss was ${number(loss)}`}.`,
        ...(target ? [' The target is ', make('bdi', {class: 'token', text: target}), '.'] : [])),
      make('div', {class: 'stage scroll', tabindex: '0', role: 'group', 'aria-label': 'Heads taken out'}, map.holder, make('table', {}, caption, make('thead', {}, make('tr', {}, ...head)), body)));

    function list() {
      const {id, label, signed: both} = chosen(), kShown = 20, size = (row) => Math.abs(row[id] ?? 0);
      const most = Math.max(...heads.map(size)), shown = [...heads].sort((a, b) => size(b) - size(a)).slice(0, kShown);
      select.value = id;
      legend.replaceChildren(make('span', {text: number(both ? -most : 0)}), both ? signed.bar() : picture.bar(), make('span', {text: number(most)}), ...(both ? [] : [make('span', {text: 'square root'})]));
      caption.textContent = `By ${label}: the ${shown.length} of ${heads.length} heads that matter most`;
      body.replaceChildren(...shown.map((row) => make('tr', {}, make('td', {class: 'words'}, make('button', {type: 'button', text: words.name(row.layer, row.head), onclick: () => { if (model.has(row.layer, row.head)) set({layer: row.layer, head: row.head}); }})),
        ...effects.map((effect) => make('td', {text: number(row[effect.id])})))));
    }
    return {
      update(changed) {
        if (changed.has('effect') || changed.has('shown')) list();
        if (['effect', 'colours', 'theme', 'shown', 'size'].some((name) => changed.has(name))) map.draw();
        else map.mark();
      },
    };
  },
});
