// Numbers to both sides of 0 as colours, and text that is read on a colour.
attnx.signed = (() => {
  const {picture, make} = attnx;
  const colours = attnx.data('signed');
  const css = (part) => colours[Math.round((Math.min(1, Math.max(-1, part)) + 1) / 2 * (colours.length - 1))];
  function bar() {
    const drawing = picture.canvas(96, 10), context = drawing.getContext('2d');
    for (let x = 0; x < 96; ++x) {
      context.fillStyle = css(x / 47.5 - 1);
      context.fillRect(x, 0, 1, 10);
    }
    return make('span', {'aria-hidden': 'true'}, drawing);
  }
  // Black or white, of a colour as [red, green, blue].
  const ink = ([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#000' : '#fff';
  const number = (value) => value === null || value === undefined ? '–' : value !== 0 && Math.abs(value) < 0.0005 ? value.toExponential(1) : value.toFixed(3);
  // What is chosen stays in sight: rows [from, to) of what `stage` scrolls, as far as they fit.
  function see(stage, from, to) {
    if (from < stage.scrollTop) stage.scrollTop = Math.max(0, from);
    else if (to > stage.scrollTop + stage.clientHeight) stage.scrollTop = to - stage.clientHeight;
  }
  return {css, bar, ink, number, see};
})();
