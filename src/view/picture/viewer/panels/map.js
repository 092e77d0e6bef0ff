// One head, or the mean of a layer: rows are queries, columns are keys.
attnx.panels.push({
  id: 'map', title: 'Map', place: 'main', order: 1,
  make: (root) => attnx.square(root, {
    id: 'map', cells: 'weight', drawn: 'attention', seen: attnx.ofHead,
    about() {
      const {state, model} = attnx, {heads, shared, window} = model.byIndex.get(state.layer);
      return [state.head === 'mean' ? `${heads.length} heads` : shared > 1 ? `KV head ${Math.floor(state.head / shared)}` : '', window !== null ? `window ${window}` : ''];
    },
  }),
});
