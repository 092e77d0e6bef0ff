// Where what tokens have become came from, through all layers at once: each layer is half the mean of its heads and half
// the token itself, and layers multiply (Abnar & Zuidema 2020).
attnx.panels.push({
  id: 'rollout', title: 'Rollout', place: 'main', order: 8, key: 'o',
  there: () => attnx.model.rolled.length > 0,
  make(root) {
    const {state, model} = attnx;
    const known = new Map(); // by layer

    // row i of what was there before, mixed by row i of the layer: only keys that are seen take part.
    function after(layer, before) {
      const {count} = model, mean = model.map(layer, 'mean'), result = new Float32Array(count * count).fill(NaN), row = new Float64Array(count);
      for (let query = 0; query < count; ++query) {
        const at = query * count;
        let sum = 0, end = 0;
        row.fill(0);
        for (let key = 0; key < count; ++key) if (mean[at + key] > 0) sum += mean[at + key];
        for (let key = 0; key < count; ++key) {
          const share = ((mean[at + key] > 0 ? mean[at + key] : 0) + (key === query ? 1 : 0)) / (1 + sum);
          if (share === 0) continue;
          if (before === null) { row[key] += share; end = Math.max(end, key + 1); continue; }
          for (let token = 0, from = key * count; token < count; ++token) {
            const value = before[from + token];
            if (value !== value) break; // nothing beyond has reached the key
            row[token] += share * value;
            if (token >= end) end = token + 1;
          }
        }
        for (let token = 0; token < end; ++token) result[at + token] = row[token];
      }
      return result;
    }

    function rollout(last) {
      let before = null;
      for (const layer of model.rolled) {
        if (!known.has(layer)) known.set(layer, after(layer, before));
        before = known.get(layer);
        if (layer === last) break;
      }
      return before;
    }

    // Of the layer looked at, or the last before it that a rollout reaches.
    const reached = () => model.rolled.findLast((layer) => layer <= state.layer) ?? model.rolled[0];
    return attnx.square(root, {
      id: 'rollout', cells: 'share', drawn: 'shares',
      seen: () => ({name: `Rollout after L${reached()}`, map: rollout(reached()), out: 'came from', in: 'is part of'}),
      about: () => [`the means of ${model.rolled.indexOf(reached()) + 1} layers, multiplied, each half the token itself`, reached() !== state.layer ? `not known after L${state.layer}` : ''],
    });
  },
});
