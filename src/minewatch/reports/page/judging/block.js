/* A block of pixels that is not all one: cells to click, or numbers to count, before the rest is named. */
const inside = document.getElementById('inside');
const MOST_CELLS = 64;
const block = {queued: null, labels: []};

/* What differs from the label of the rest, as it is sent. */
function insideOf() {
  if (!block.queued) return {};
  if (block.queued.cells.length <= MOST_CELLS) return block.labels.some(Boolean) ? {cells: block.labels} : {};
  const numbers = [...document.querySelectorAll('#counts input')].map((field) => [field.dataset.of, Number(field.value || 0)]);
  const counted = Object.fromEntries(numbers.filter(([, count]) => count > 0));
  return Object.keys(counted).length ? {counts: counted} : {};
}
function drawInside(queued, of) {
  block.queued = inside && queued?.cells ? queued : null;
  document.getElementById('block-lines')?.remove();
  if (!inside) return;
  inside.hidden = !block.queued;
  if (!block.queued) return;
  const {side, cells} = queued, isClicked = cells.length <= MOST_CELLS;
  document.getElementById('inside-words').textContent = isClicked
    ? 'Not all one? Click the pixels that differ (or press a key on one), then say what the rest is. North is up.'
    : `Not all one? Count the pixels that differ, of ${cells.length}, then say what the rest is.`;
  document.getElementById('cells').hidden = !isClicked;
  document.getElementById('counts').hidden = isClicked;
  if (isClicked) {
    block.labels = of?.labels ? commonOut(of.labels) : cells.map(() => null);
    drawCells(side, cells);
  } else {
    for (const field of document.querySelectorAll('#counts input')) field.value = of?.counts?.[field.dataset.of] ?? '';
  }
  drawLines(side);
}
/* Labels of a block that was said before: the most frequent one is that of the rest. */
function commonOut(labels) {
  const count = (label) => labels.filter((one) => one === label).length;
  const rest = labels.reduce((best, label) => (count(label) > count(best) ? label : best));
  return labels.map((label) => (label === rest ? null : label));
}
function drawCells(side, cells) {
  const box = document.getElementById('cells');
  box.style.gridTemplateColumns = `repeat(${side}, auto)`;
  box.replaceChildren(...cells.map(([row, column], at) => {
    const button = make('button', {type: 'button'});
    button.style.gridArea = `${row + 1} / ${column + 1}`;
    button.addEventListener('click', () => setCell(at, nextLabel(block.labels[at])));
    button.addEventListener('keydown', (event) => {
      const answer = run.answers.find((one) => one.key === event.key);
      if (answer && !event.ctrlKey && !event.metaKey && !event.altKey) { event.stopPropagation(); event.preventDefault(); setCell(at, answer.value); }
    });
    return button;
  }));
  cells.forEach((_, at) => setCell(at, block.labels[at]));
}
function nextLabel(label) {
  const values = [null, ...run.answers.map((answer) => answer.value)];
  return values[(values.indexOf(label) + 1) % values.length];
}
function setCell(at, label) {
  block.labels[at] = label;
  const button = document.getElementById('cells').children[at], [row, column] = block.queued.cells[at];
  const words = label ? run.answers.find((answer) => answer.value === label).label : 'as the rest';
  button.textContent = label ? words : '·';
  button.setAttribute('aria-label', `row ${row + 1}, column ${column + 1}: ${words}`);
  if (label) button.dataset.label = label; else delete button.dataset.label;
}
/* The lines between the pixels, on the picture. */
function drawLines(side) {
  const points = outerRings((rowOf(view.site) || view.site.rows.at(-1)).paths).flat();
  const corner = (of) => points.reduce((best, point) => (of(point) < of(best) ? point : best));
  const [nw, se] = [corner(([x, y]) => x + y), corner(([x, y]) => -x - y)];
  const [ne, sw] = [corner(([x, y]) => y - x), corner(([x, y]) => x - y)];
  const between = (from, to, part) => from.map((value, axis) => value + (to[axis] - value) * part);
  let path = '';
  for (let n = 1; n < side; n += 1) {
    const part = n / side;
    path += `M${between(nw, ne, part)}L${between(sw, se, part)}M${between(nw, sw, part)}L${between(ne, se, part)}`;
  }
  document.getElementById('outlines').after(make('svg:path', {id: 'block-lines', d: path}));
}
