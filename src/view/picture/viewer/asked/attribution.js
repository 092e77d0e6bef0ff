// Who wrote a logit: what each head and each feed-forward network adds to it.
attnx.panels.push({
  id: 'attribution', title: 'Attribution', place: 'main', order: 12, key: 'a', needs: 'lens',
  make(root) {
    const {model, signed, words, make, set} = attnx;
    const {target, position, logit, total, embedding, other, rounding, heads, feed_forward: fed, mixers} = attnx.data('lens').result.attribution;
    const {number} = signed, most = Math.max(...heads.map(({value}) => Math.abs(value)), 1e-12);
    const parts = [{name: 'embedding', value: embedding}, ...heads.map((row) => ({...row, name: words.name(row.layer, row.head)})),
      ...fed.map((row) => ({name: `feed-forward ${row.layer}`, value: row.value})), ...mixers.map((row) => ({name: `mixer ${row.layer}`, value: row.value})),
      {name: 'other', value: other}, ...(rounding === 0 ? [] : [{name: 'rounding', value: rounding}])].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const map = attnx.headMap(root, {rows: heads, beside: fed, besideName: 'feed-forward', look: () => ({value: (row) => row.value, signed: true, name: 'What they add to the logit'}),
      said: (row) => [row.head === undefined ? `feed-forward ${row.layer}  adds ` : `${words.name(row.layer, row.head)}  adds `, make('b', {text: number(row.value)}), ' to the logit of ', make('bdi', {class: 'token', text: target})]});
    const kShown = 24, rest = parts.slice(kShown), row = (name, value, go = null) => {
      const bar = make('i');
      bar.style.transform = `scaleX(${Math.min(1, Math.abs(value) / Math.max(Math.abs(parts[0].value), 1e-12))})`;
      return make('tr', {}, make('td', {class: 'words'}, go ? make('button', {type: 'button', text: name, onclick: go}) : name), make('td', {class: 'shaded'}, number(value), bar));
    };
    const table = make('table', {}, make('caption', {}, 'What the logit of ', make('bdi', {class: 'token', text: target}), ` after token ${position} is made of`),
      make('thead', {}, make('tr', {}, make('th', {scope: 'col', class: 'words', text: 'part'}), make('th', {scope: 'col', text: 'adds'}))),
      make('tbody', {}, ...parts.slice(0, kShown).map((part) => row(part.name, part.value, part.head !== undefined && model.has(part.layer, part.head) ? () => set({layer: part.layer, head: part.head}) : null)),
        ...(rest.length > 0 ? [row(`the other ${rest.length}`, rest.reduce((sum, {value}) => sum + value, 0))] : []), row('total', total)));
    root.append(make('div', {class: 'bar'}, make('h2', {text: 'Who wrote it'}), make('span', {}, make('bdi', {class: 'token', text: target}), ` after token ${position}, logit ${number(logit)}`), make('span', {class: 'fill'}),
        make('span', {class: 'legend'}, make('span', {text: number(-most)}), signed.bar(), make('span', {text: number(most)}))),
      make('p', {class: 'soft', text: 'Parts of one logit, before a final cap, with the scales of norms as they were. What a part adds is not what would be lost without it.'}),
      make('div', {class: 'stage scroll', tabindex: '0', role: 'group', 'aria-label': 'Parts of the logit'}, map.holder, table));
    return {
      update(changed) {
        if (['theme', 'shown', 'size'].some((name) => changed.has(name))) map.draw();
        else map.mark();
      },
    };
  },
});
