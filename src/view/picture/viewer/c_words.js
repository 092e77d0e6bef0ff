// Numbers and names as people read them.
attnx.words = (() => {
  const {model, state} = attnx;
  const name = (layer, head) => head === 'mean' ? `L${layer} mean` : `L${layer}H${head}`;

  // Of a token's label so many characters.
  function cut(label, most = 12) {
    const characters = [...label];
    return characters.length > most ? characters.slice(0, most - 1).join('') + '…' : label;
  }

  // The fewest digits that give a float back, as JSON has them.
  function shortest(value) {
    for (let digits = 1; digits < 9; ++digits) {
      const text = value.toPrecision(digits);
      if (Math.fround(Number(text)) === value) return String(Number(text));
    }
    return value.toPrecision(9);
  }

  // As many digits as the page knows.
  function weight(value) {
    if (Number.isNaN(value)) return 'masked';
    return model.bits === 32 ? shortest(value) : short(value);
  }
  // In lists.
  function short(value) {
    if (value > 0 && value < 0.0005 && model.bits >= 16) return value.toExponential(1);
    return value.toFixed(model.bits >= 16 ? 4 : 3);
  }

  function metric(id, value) {
    if (value === null || value === undefined) return '–';
    const {unit} = model.metrics.find((each) => each.id === id);
    if (unit === 'percent') return (100 * value).toFixed(1) + ' %';
    return value.toFixed(unit === 'weight' ? 3 : 2).replace(/^-(0\.0*)$/, '$1');
  }

  function rank(map, query, key) {
    const {count} = model;
    const value = map[query * count + key];
    let better = 0, seen = 0;
    for (let j = 0; j < count; ++j) {
      const other = map[query * count + j];
      if (Number.isNaN(other)) continue;
      ++seen;
      if (other > value) ++better;
    }
    return {rank: better + 1, seen};
  }
  attnx.ofHead = () => ({name: name(state.layer, state.head), map: model.map(state.layer, state.head), out: 'attends to', in: 'is attended by'});
  return {name, cut, weight, short, metric, rank, about: model.bits === 32 ? '' : '≈ '};
})();
