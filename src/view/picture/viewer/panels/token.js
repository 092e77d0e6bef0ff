// One token: what it attends to most, and what attends to it most.
attnx.panels.push({
  id: 'token', title: 'Token', place: 'right',
  make(root) {
    const {state, model, words, make, set, hover} = attnx;

    function list(kind, entries, shown) {
      return make('ol', {class: 'rank wide ' + kind}, ...entries.map(({index, value, query, key}) => {
        const bar = make('i');
        bar.style.width = 100 * value + '%';
        return make('li', {}, make('button', {type: 'button', onclick: () => set({token: index}), onmouseenter: () => hover(query, key), onmouseleave: () => hover(null), onfocus: () => hover(query, key)},
          make('span', {class: 'soft', text: String(index)}), make('bdi', {class: 'token', text: model.tokens[index].label}), make('span', {class: 'bartrack'}, bar), make('span', {class: 'number', text: shown(value)})));
      }));
    }

    function entries(map, token, out) {
      const found = [];
      for (let other = 0; other < model.count; ++other) {
        const [query, key] = out ? [token, other] : [other, token];
        const value = map[query * model.count + key];
        if (value > 0 && (state.first || key !== 0)) found.push({index: other, value, query, key});
      }
      return found.sort((a, b) => b.value - a.value || a.index - b.index).slice(0, 12);
    }

    function draw() {
      const token = state.token ?? model.count - 1;
      const {name, map, ...said} = attnx.seen();
      const {label, id, generated} = model.tokens[token];
      let sum = 0;
      for (let key = 0; key < model.count; ++key) sum += map[token * model.count + key] || 0;
      root.replaceChildren(
        make('div', {class: 'bar'}, make('h2', {}, 'Token ' + token + ' ', make('bdi', {class: 'token', text: label})), make('span', {class: 'soft', text: 'id ' + id + (generated ? ', generated' : '')})),
        make('p', {class: 'soft', text: name + (state.token === null ? '; click a token to choose another' : '')}),
        make('h2', {text: said.out}), list('keys', entries(map, token, true), words.short),
        make('p', {class: 'soft', text: `its row sums to ${words.about}${sum.toFixed(3)}` + (model.promptTokens < model.count && token === model.promptTokens - 1 ? '; the first generated token follows from it' : '')}),
        make('h2', {text: said.in}), list('queries', entries(map, token, false), words.short));
    }
    return {update(changed) { if (['token', 'layer', 'head', 'first', 'panel'].some((name) => changed.has(name))) draw(); }};
  },
});
