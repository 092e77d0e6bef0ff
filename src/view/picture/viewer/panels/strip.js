// The text. A token that is clicked lights those it attends to, or those that attend to it.
attnx.panels.push({
  id: 'strip', title: 'Text', place: 'strip',
  make(root) {
    const {state, model, make, set} = attnx;
    const search = make('input', {id: 'search', type: 'search', placeholder: 'find a token  /', 'aria-label': 'Find a token', oninput: () => find(), onkeydown: (event) => { if (event.key === 'Enter') find(true); }});
    const choice = make('span', {class: 'choice', role: 'group', 'aria-label': 'Direction'},
      ...[['out', 'attends to'], ['in', 'is attended by']].map(([id, text]) => make('button', {type: 'button', 'data-direction': id, text, onclick: () => set({direction: id})})));
    const made = model.count - model.promptTokens;
    const line = make('span', {text: `${model.count} tokens` + (made > 0 ? `, the last ${made} generated (underlined)` : '')});
    const list = make('div', {class: 'tokens', role: 'listbox', 'aria-label': 'Tokens', tabindex: '0'});
    root.append(make('div', {class: 'striphead'}, make('h2', {text: 'Text'}), line, make('span', {class: 'fill'}), make('span', {text: 'token'}), choice, search), list);

    const elements = model.tokens.map((token) => make('span', {class: 'token' + (token.generated ? ' made' : ''), role: 'option', id: 'token-' + token.index, 'aria-selected': 'false', text: token.label, title: `${token.index} · id ${token.id}${token.generated ? ' · generated' : ''}`}));
    elements.forEach((element, index) => {
      list.append(element);
      if (model.tokens[index].piece.endsWith('\n')) list.append(make('br'));
    });

    const indexOf = (event) => elements.indexOf(event.target.closest('.token'));
    list.addEventListener('click', (event) => {
      const index = indexOf(event);
      if (index >= 0) set({token: index === state.token ? null : index});
    });
    list.addEventListener('mousemove', (event) => {
      const index = indexOf(event);
      if (index < 0 || state.token === null) return;
      if (state.direction === 'out') attnx.hover(state.token, index);
      else attnx.hover(index, state.token);
    });
    list.addEventListener('mouseleave', () => attnx.hover(null));
    list.addEventListener('keydown', (event) => {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!by) return;
      event.preventDefault();
      set({token: Math.min(model.count - 1, Math.max(0, (state.token ?? (by > 0 ? -1 : model.count)) + by))});
    });

    function find(choose = false) {
      const wanted = search.value.toLowerCase();
      let first = null;
      elements.forEach((element, index) => {
        const token = model.tokens[index];
        const found = wanted !== '' && (token.piece.toLowerCase().includes(wanted) || token.label.toLowerCase().includes(wanted));
        element.classList.toggle('found', found);
        if (found && first === null && (!choose || index > (state.token ?? -1))) first = index;
      });
      if (first !== null && choose) set({token: first});
    }

    let marked = [];
    function mark(point) {
      for (const element of marked) element.classList.remove('query', 'key');
      marked = [];
      if (!point) return;
      elements[point.query]?.classList.add('query');
      elements[point.key]?.classList.add('key');
      marked = [elements[point.query], elements[point.key]].filter(Boolean);
    }

    function shade() {
      for (const button of choice.children) button.setAttribute('aria-pressed', String(button.dataset.direction === state.direction));
      const {token} = state, out = state.direction === 'out';
      const map = token === null ? null : attnx.seen().map;
      const colour = attnx.css(out ? '--key' : '--query');
      elements.forEach((element, other) => {
        const value = map === null ? NaN : out ? map[token * model.count + other] : map[other * model.count + token];
        const chosen = other === token;
        element.setAttribute('aria-selected', String(chosen));
        element.classList.toggle('off', token !== null && Number.isNaN(value) && !chosen);
        const share = Number.isNaN(value) || (out && other === 0 && !state.first) ? 0 : Math.sqrt(value);
        element.style.borderBottomColor = share > 0 ? `color-mix(in srgb, ${colour} ${Math.round(100 * share)}%, transparent)` : '';
        element.style.backgroundColor = share > 0 ? `color-mix(in srgb, ${colour} ${Math.round(45 * share)}%, transparent)` : '';
        element.style.fontWeight = chosen ? '700' : '';
        element.style.boxShadow = chosen ? `inset 0 0 0 2px ${attnx.css(out ? '--query' : '--key')}` : '';
      });
      list.setAttribute('aria-activedescendant', token === null ? '' : 'token-' + token);
      if (token !== null) {
        const {offsetTop, offsetHeight} = elements[token];
        if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = offsetTop - 20;
        attnx.say(`token ${token} ${model.tokens[token].label}, ${attnx.seen().name}`);
      }
    }
    return {
      update(changed) { if (['token', 'direction', 'layer', 'head', 'theme', 'first', 'panel'].some((name) => changed.has(name))) shade(); },
      hover: mark,
    };
  },
});
