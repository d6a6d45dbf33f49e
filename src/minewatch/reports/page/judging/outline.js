/* Drawing of outlines on the map: corners, each a handle that can be dragged or moved by keys. */
const draft = {isOn: false, rings: [], target: null};
const shapes = make('svg:g', {id: 'draft-shapes'});
const cross = make('svg:path', {id: 'cross', class: 'off'});
map.append(shapes, cross);
const LARGEST_RING = 60;  // corners of an outline that is to be corrected: more cannot be dragged

function degreesOf([x, y]) {
  const round = (value) => Math.round(value * 1e7) / 1e7;
  return [round(run.frame.west + x / SQUEEZE / STEPS), round(run.frame.north - y / STEPS)];
}

/* Outer rings of paths, in the units of the map. */
function outerRings(paths) {
  return paths.map((path) => {
    const [x, y, ...steps] = path.split('z')[0].match(/-?\d+/g).map(Number);
    const points = [[x * SQUEEZE, y]];
    for (let i = 0, a = x, b = y; i < steps.length; i += 2) {
      a += steps[i]; b += steps[i + 1];
      points.push([a * SQUEEZE, b]);
    }
    return points;
  });
}

/* A ring with fewer corners: none moves by more than `most` (Douglas and Peucker). */
function simpler(points, most) {
  const keep = (first, last) => {
    const [a, b] = points[first], [c, d] = points[last];
    let far = -1, at = -1;
    for (let i = first + 1; i < last; i++) {
      const [x, y] = points[i], long = Math.hypot(c - a, d - b);
      const apart = long ? Math.abs((c - a) * (b - y) - (a - x) * (d - b)) / long : Math.hypot(x - a, y - b);
      if (apart > far) { far = apart; at = i; }
    }
    return far > most ? [...keep(first, at), ...keep(at, last).slice(1)] : [points[first], points[last]];
  };
  const farthest = points.reduce((best, point, i) => Math.hypot(point[0] - points[0][0], point[1] - points[0][1]) >
    Math.hypot(points[best][0] - points[0][0], points[best][1] - points[0][1]) ? i : best, 0);
  if (points.length < 4 || !farthest) return points;
  const closed = points = points.concat([points[0]]);
  return [...keep(0, farthest), ...keep(farthest, closed.length - 1).slice(1, -1)];
}

/* Stairs of pixels become straight lines, by less than a pixel: stairs have too many corners to drag. */
function startDraft(target, paths, isOfPixels) {
  const pixel = run.chips.metres / 0.1113;
  draft.rings = outerRings(paths).map((ring) => {
    let most = isOfPixels ? 0.75 * pixel : 0.1 * pixel, fewer = isOfPixels ? simpler(ring, most) : ring;
    while (fewer.length > LARGEST_RING) fewer = simpler(ring, most *= 2);
    return fewer;
  });
  if (!draft.rings.length) draft.rings = [[]];
  Object.assign(draft, {isOn: true, target});
  document.getElementById('draft').hidden = false;
  map.classList.add('drafting');
  drawDraft();
  map.focus();
}

function stopDraft() {
  if (!draft.isOn) return;
  Object.assign(draft, {isOn: false, rings: [], target: null});
  document.getElementById('draft').hidden = true;
  map.classList.remove('drafting');
  drawDraft();
}

function usableRings() { return draft.rings.filter((ring) => ring.length >= 3); }

function drawDraft() {
  shapes.replaceChildren();
  cross.classList.toggle('off', !draft.isOn);
  if (!draft.isOn) return;
  draft.rings.forEach((ring, r) => {
    if (ring.length > 1) shapes.append(make('svg:path', {class: 'draft-ring', d: `M${ring.map((p) => p.join(' ')).join('L')}z`}));
  });
  draft.rings.forEach((ring, r) => {
    ring.forEach((point, i) => {
      const next = ring[(i + 1) % ring.length];
      if (ring.length > 1) {
        const at = [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
        shapes.append(handle('between', at, () => { ring.splice(i + 1, 0, at); return i + 1; }, r));
      }
    });
    ring.forEach((point, i) => shapes.append(handle('corner', point, () => i, r, i)));
  });
  const corners = draft.rings.reduce((sum, ring) => sum + ring.length, 0);
  document.getElementById('keep-outline').disabled = !usableRings().length;
  document.getElementById('draft-words').textContent = usableRings().length
    ? `${corners} corners` : `${corners} corners: an outline needs three`;
  drawCross();
}

function drawCross() {
  const [x, y, d] = [box.x + box.w / 2, box.y + box.h / 2, 12 * unitsPerPixel()];
  cross.setAttribute('d', `M${x - d} ${y}H${x + d}M${x} ${y - d}V${y + d}`);
}
new MutationObserver(() => { if (draft.isOn) drawCross(); }).observe(map, {attributeFilter: ['viewBox']});

/* A handle; `take` gives the number of the corner that it moves, made anew for a dot between two. */
function handle(kind, [x, y], take, ring, number) {
  const of = make('svg:circle', {class: kind, cx: x, cy: y});
  if (kind === 'corner') {
    of.setAttribute('tabindex', '0');
    of.setAttribute('role', 'button');
    of.setAttribute('aria-label', `corner ${number + 1} of part ${ring + 1}`);
    of.dataset.corner = `${ring}/${number}`;
    of.addEventListener('keydown', (event) => moveCorner(event, ring, number));
  }
  of.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    event.preventDefault();
    const at = take();
    const move = (moved) => { draft.rings[ring][at] = pointAt(moved); drawDraft(); };
    const end = () => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
      drawDraft();
      focusCorner(ring, at);
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
  });
  of.addEventListener('click', (event) => event.stopPropagation());
  return of;
}

function focusCorner(ring, number) { shapes.querySelector(`[data-corner="${ring}/${number}"]`)?.focus({preventScroll: true}); }

function moveCorner(event, ring, number) {
  const step = unitsPerPixel() * (event.shiftKey ? 1 : 5), points = draft.rings[ring];
  const by = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
  if (by) points[number] = [points[number][0] + by[0], points[number][1] + by[1]];
  else if (event.key === 'Delete' || event.key === 'Backspace') points.splice(number, 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
  drawDraft();
  focusCorner(ring, Math.min(number, points.length - 1));
}

function addCorner(point) {
  draft.rings[draft.rings.length - 1].push(point);
  drawDraft();
}
const middle = () => [box.x + box.w / 2, box.y + box.h / 2];

if (run.can_draw) {
  map.addEventListener('click', (event) => {  // before a site under it is opened
    if (!draft.isOn || shapes.contains(event.target)) return;
    event.stopPropagation();
    if (!moved) addCorner(pointAt(event));
  }, {capture: true});
  map.addEventListener('keydown', (event) => {
    if (!draft.isOn || event.target !== map) return;
    if (event.key === ' ') { event.preventDefault(); addCorner(middle()); }
    if (event.key === 'Backspace') { event.preventDefault(); dropCorner(); }
  });
  document.getElementById('add-corner').addEventListener('click', () => addCorner(middle()));
  document.getElementById('drop-corner').addEventListener('click', dropCorner);
  document.getElementById('new-part').addEventListener('click', () => {
    if (draft.rings[draft.rings.length - 1].length >= 3) draft.rings.push([]);
    drawDraft();
    map.focus();
  });
  document.getElementById('cancel-outline').addEventListener('click', () => { stopDraft(); map.focus(); });
}
function dropCorner() {
  if (!draft.rings[draft.rings.length - 1].length && draft.rings.length > 1) draft.rings.pop();
  draft.rings[draft.rings.length - 1].pop();
  drawDraft();
}
/* Outlines as rings of degrees, for the server. */
function draftOutline() { return usableRings().map((ring) => ring.map(degreesOf)); }
