// What the page holds: tokens, layers, metrics, and the maps, which are unpacked when they are wanted.
attnx.model = (() => {
  const facts = attnx.data('view');
  const answer = attnx.data('attend'); // its metrics are lists, in the order of `metrics`
  const {labels, weight_bits: bits, largest_error: error, prompt_tokens: promptTokens} = facts.result;
  const count = labels.length;
  const tokens = answer.result.tokens.map((token, index) => ({...token, index, label: labels[index]}));
  const layers = facts.result.layers.map((layer) => ({
    ...layer,
    shared: layer.head_count_kv > 0 && layer.head_count_kv < layer.head_count ? layer.head_count / layer.head_count_kv : 1,
  }));
  const byIndex = new Map(layers.map((layer) => [layer.layer, layer]));
  const {metrics} = facts.result;
  const named = ({metrics: values, ...row}) => Object.assign(row, Object.fromEntries(metrics.map(({id}, i) => [id, values[i]])));
  const headRows = answer.result.heads.map(named);
  const rows = new Map(headRows.map((row) => [row.layer + '.' + row.head, row]));
  for (const row of answer.result.layer_metrics) rows.set(row.layer + '.mean', named(row));

  const packed = new Map();
  for (const element of document.querySelectorAll('script[data-rows]')) {
    const [layer, head, first] = element.dataset.rows.split('.').map(Number);
    const name = layer + '.' + head;
    if (!packed.has(name)) packed.set(name, []);
    packed.get(name).push({first, element});
  }

  const weightOf = bits === 32 ? null : Float32Array.from({length: 2 ** bits}, (_, code) => (code / (2 ** bits - 1)) ** 2);

  function weights(element) {
    const text = atob(element.textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
    if (bits === 8) return Float32Array.from(bytes, (code) => weightOf[code]);
    const view = new DataView(bytes.buffer);
    const values = new Float32Array(bytes.length / (bits / 8));
    for (let i = 0; i < values.length; ++i)
      values[i] = bits === 16 ? weightOf[view.getUint16(2 * i, true)] : view.getFloat32(4 * i, true);
    return values;
  }

  // [query, key]; NaN where it is masked.
  function unpack(layer, head) {
    const map = new Float32Array(count * count).fill(NaN);
    const {first, end} = facts.result.masks[byIndex.get(layer).mask];
    for (const block of packed.get(layer + '.' + head) ?? []) {
      const values = weights(block.element);
      for (let at = 0, query = block.first; at < values.length; ++query) {
        const seen = end[query] - first[query];
        map.set(values.subarray(at, at + seen), query * count + first[query]);
        at += seen;
      }
    }
    return map;
  }

  function mean(layer) {
    const {heads} = byIndex.get(layer);
    const sum = new Float64Array(count * count);
    for (const head of heads) {
      const map = kept.get(layer + '.' + head) ?? unpack(layer, head);
      for (let i = 0; i < sum.length; ++i) sum[i] += map[i];
    }
    return Float32Array.from(sum, (value) => value / heads.length);
  }

  // Those looked at last, 96 MiB at most.
  const kept = new Map();
  function map(layer, head) {
    const name = layer + '.' + head;
    const found = kept.get(name) ?? (head === 'mean' ? mean(layer) : unpack(layer, head));
    kept.delete(name);
    kept.set(name, found);
    const most = Math.max(4, Math.floor((96 << 20) / (4 * count * count)));
    while (kept.size > most) kept.delete(kept.keys().next().value);
    return found;
  }

  // The range that colours of a metric stand for.
  function rangeOf(metric) {
    const {unit} = metrics.find((each) => each.id === metric);
    if (unit === 'weight' || unit === 'percent') return [0, 1];
    let most = 0;
    for (const row of headRows) most = Math.max(most, row[metric] ?? 0);
    return [0, most || 1];
  }

  return {
    name: facts.result.name, architecture: facts.model.architecture, version: facts.attnx,
    findings: answer.findings, tokens, count, promptTokens, layers, byIndex, metrics, rangeOf, rolled: facts.result.rollout_layers, bits, error, map,
    row: (layer, head) => rows.get(layer + '.' + head),
    has: (layer, head) => byIndex.has(layer) && (head === 'mean' || byIndex.get(layer).heads.includes(head)),
  };
})();
