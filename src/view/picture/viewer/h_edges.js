// Weights above the threshold as lines between tokens.
attnx.edges = (() => {
  const {state, model, make, set} = attnx;
  const kMost = 20000;

  // Strongest first, so that what is too much is the weakest; and what there is to say of them.
  function gather() {
    const {map} = attnx.ofHead(), found = [];
    for (let query = 0; query < model.count; ++query)
      for (let key = state.first ? 0 : 1; key < model.count; ++key) {
        const value = map[query * model.count + key];
        if (value > 0 && value >= state.threshold) found.push({query, key, value});
      }
    const all = found.length;
    found.sort((a, b) => b.value - a.value);
    found.length = Math.min(all, kMost);
    const said = `${all} line${all === 1 ? '' : 's'}` + (all > kMost ? `, the ${kMost} strongest drawn` : '') + (state.first ? '' : ', without those to the first token');
    return {edges: found, said};
  }

  // The stronger the thicker; trace(context, edge) makes the path of one.
  function strokes(context, list, colour, trace) {
    const kSteps = 12, buckets = Array.from({length: kSteps}, () => []);
    for (const edge of list) buckets[Math.min(kSteps - 1, Math.floor(edge.value * kSteps))].push(edge);
    context.strokeStyle = colour;
    buckets.forEach((bucket, step) => {
      if (bucket.length === 0) return;
      context.globalAlpha = 0.12 + 0.88 * (step + 1) / kSteps;
      context.lineWidth = 0.8 + 2.2 * (step + 1) / kSteps;
      context.beginPath();
      for (const edge of bucket) trace(context, edge);
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  function slider(id) {
    const input = make('input', {type: 'range', min: '0', max: '1', step: '0.01', id, oninput: () => set({threshold: Number(input.value)})});
    const shown = make('span', {class: 'number'}), label = make('label', {}, 'weights from', input, shown);
    const update = () => {
      input.value = String(state.threshold);
      shown.textContent = state.threshold.toFixed(2);
    };
    return {label, update};
  }

  const ofToken = (list, token, out) => list.filter((edge) => (out ? edge.query : edge.key) === token);
  return {gather, strokes, slider, ofToken};
})();
