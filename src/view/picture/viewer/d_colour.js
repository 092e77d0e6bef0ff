// Weights as colours.
attnx.colour = (() => {
  const {state} = attnx;
  const parse = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));
  const kSteps = 1024;

  function tableOf(anchors) {
    return Array.from({length: kSteps + 1}, (_, i) => {
      const place = i / kSteps * (anchors.length - 1);
      const low = Math.min(Math.floor(place), anchors.length - 2);
      return mix(anchors[low], anchors[low + 1], place - low);
    });
  }

  const viridis = tableOf(attnx.data('colours').map(parse));
  let table, pixels; // as [r, g, b], and as pixels of an ImageData
  function refresh() {
    const paper = parse(attnx.css('--card')), ink = parse(attnx.css('--ink')), accent = parse(attnx.css('--accent'));
    table = state.colours === 'viridis' ? viridis : tableOf([paper, mix(paper, accent, 0.5), accent, mix(accent, ink, 0.75)]);
    const bytes = new Uint8ClampedArray(4 * (kSteps + 1));
    table.forEach((colour, i) => bytes.set([...colour, 255], 4 * i));
    pixels = new Uint32Array(bytes.buffer);
  }

  const kDecades = 4;
  // The scales that attnx draws with, of a weight in [0, 1].
  function scaled(value, largest) {
    const part = Math.min(1, Math.max(0, value));
    switch (state.scale) {
      case 'sqrt': return Math.sqrt(part);
      case 'log': return part > 0 ? Math.max(0, 1 + Math.log10(part) / kDecades) : 0;
      case 'row': return largest > 0 ? Math.min(1, part / largest) : 0;
      default: return part;
    }
  }
  // The weight that a part of the legend stands for.
  function unscaled(part) {
    switch (state.scale) {
      case 'sqrt': return part * part;
      case 'log': return 10 ** ((part - 1) * kDecades);
      default: return part;
    }
  }

  const step = (part) => Math.round(Math.min(1, Math.max(0, part)) * kSteps);
  return {
    refresh, scaled, unscaled,
    css: (part) => `rgb(${table[step(part)].join(' ')})`,
    rgb: (part) => table[step(part)],
    pixel: (part) => pixels[step(part)],
  };
})();
