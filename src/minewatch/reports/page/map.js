/* The map: pictures of the periods below, outlines and marks of sites above. */
const map = document.getElementById('map');
const {width: WIDE, height: HIGH, squeeze: SQUEEZE} = run.frame;
const whole = {x: 0, y: 0, w: WIDE * SQUEEZE, h: HIGH};
let box = {...whole};
const ground = document.getElementById('ground'), marks = document.getElementById('marks');
const pictures = {now: document.getElementById('picture-now'), then: document.getElementById('picture-then')};

for (const of of Object.values(pictures)) {
  of.setAttribute('width', WIDE);
  of.setAttribute('height', HIGH);
}
for (const id of ['ground', 'outlines']) {
  document.getElementById(id).setAttribute('transform', `scale(${SQUEEZE} 1)`);
}
for (const id of ['unseen-now', 'unseen-then', 'area']) {
  document.getElementById(id).setAttribute('d', run.frame.outline.join(''));
}
for (const site of [...run.sites].reverse()) {  // the largest last, on top
  site.outline = make('svg:path', {class: 'outline'});
  site.mark = make('svg:circle', {class: 'mark', cx: site.x * SQUEEZE, cy: site.y});
  for (const of of [site.outline, site.mark]) {
    of.append(make('svg:title', {}, site.site_id));
    of.addEventListener('click', () => { if (!moved) openSite(site.site_id); });
  }
  document.getElementById('outlines').append(site.outline);
  marks.append(site.mark);
}

function drawMap(changes) {
  if ('period' in changes || 'compare' in changes || 'swipe' in changes) drawPictures();
  const shown = new Set(view.shown);
  for (const site of run.sites) {
    const row = rowOf(site), isOn = shown.has(site);
    site.outline.classList.toggle('off', !isOn);
    site.mark.classList.toggle('off', !isOn);
    if (!isOn) continue;
    const chosen = view.site === site ? ' chosen' : '';
    if (site.drawn !== row) site.outline.setAttribute('d', row.paths.join(''));
    site.drawn = row;
    site.outline.setAttribute('class', `outline state-${row.state} alert-${row.alert_then}${chosen}`);
    site.mark.setAttribute('class', `mark state-${row.state}${chosen}`);
  }
}

function drawPictures() {
  const isSwiped = view.compare >= 0 && view.compare !== view.period;
  setPicture(pictures.now, view.period);
  if (isSwiped) setPicture(pictures.then, view.compare);
  document.getElementById('then').classList.toggle('off', !isSwiped);
  document.getElementById('swipe-line').classList.toggle('off', !isSwiped);
  document.getElementById('swipe-control').hidden = !isSwiped;
  document.getElementById('no-picture').hidden = Boolean(run.periods[view.period]?.picture);
  placeSwipe();
}

function placeSwipe() {  // the line stands at a share of what is in view, so zooming keeps it in reach
  const at = box.x + box.w * view.swipe / 100;
  const rect = document.getElementById('swipe-rect');
  rect.setAttribute('width', Math.max(0, at / SQUEEZE));
  rect.setAttribute('height', HIGH);
  const line = document.getElementById('swipe-line');
  line.setAttribute('d', `M${at} 0V${HIGH}`);
}

function setPicture(of, period) {
  const uri = run.periods[period]?.picture;
  if (uri) of.setAttribute('href', uri); else of.removeAttribute('href');
}

function look(to) {
  const w = Math.min(whole.w, Math.max(to.w, whole.w / 400)), h = w * whole.h / whole.w;
  const within = (v, size, all) => Math.min(Math.max(v, -size / 4), all - size * 0.75);
  box = {w, h, x: within(to.x, w, whole.w), y: within(to.y, h, whole.h)};
  if (w >= whole.w * 0.999) box = {...whole};
  map.classList.toggle('close', box.w < whole.w);
  map.setAttribute('viewBox', `${box.x} ${box.y} ${box.w} ${box.h}`);
  map.style.setProperty('--step', unitsPerPixel());
  document.getElementById('hatch').setAttribute('patternTransform', `scale(${unitsPerPixel()}) rotate(45)`);
  drawScale();
  placeSwipe();
}
function unitsPerPixel() {
  const {width, height} = map.getBoundingClientRect();
  return width ? Math.max(box.w / width, box.h / height) : 1;
}
function zoom(factor, x = box.x + box.w / 2, y = box.y + box.h / 2) {
  look({w: box.w * factor, x: x - (x - box.x) * factor, y: y - (y - box.y) * factor});
}
function shift(dx, dy) { look({...box, x: box.x + dx * box.w, y: box.y + dy * box.h}); }
function lookAt(site) {
  const w = Math.min(box.w, whole.w / 3), x = site.x * SQUEEZE;
  look({w, x: x - w / 2, y: site.y - w * whole.h / whole.w / 2});
}
function drawScale() {
  const metres = unitsPerPixel() * 0.1107, most = 140 * metres, power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((n) => n * power).find((n) => n <= most);
  const bar = document.getElementById('scale');
  bar.textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  bar.style.width = `${length / metres}px`;
}

const KEYS = {
  ArrowLeft: () => shift(-0.2, 0), ArrowRight: () => shift(0.2, 0), ArrowUp: () => shift(0, -0.2),
  ArrowDown: () => shift(0, 0.2), '+': () => zoom(0.6), '=': () => zoom(0.6), '-': () => zoom(1 / 0.6),
  0: () => look(whole),
};
map.addEventListener('keydown', (event) => {
  if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  KEYS[event.key]();
});
map.addEventListener('wheel', (event) => {
  if (!event.ctrlKey && document.activeElement !== map) return;  // else the page scrolls
  event.preventDefault();
  zoom(event.deltaY > 0 ? 1.25 : 0.8, ...pointAt(event));
}, {passive: false});
for (const [id, act] of [['zoom-in', '+'], ['zoom-out', '-'], ['whole-area', '0']]) {
  document.getElementById(id).addEventListener('click', () => KEYS[act]());
}

function pointAt(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  return [at.x, at.y];
}
const fingers = new Map();
let moved = false;
map.addEventListener('pointerdown', (event) => {
  if (fingers.size === 0) moved = false;
  fingers.set(event.pointerId, event);
});
map.addEventListener('pointermove', (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  if (!moved && Math.hypot(dx, dy) < 5) return;
  moved = true;
  map.setPointerCapture(event.pointerId);
  const per = unitsPerPixel();
  if (fingers.size === 1) {
    look({...box, x: box.x - dx * per, y: box.y - dy * per});
  } else {
    const other = [...fingers.values()].find((of) => of.pointerId !== event.pointerId);
    const apart = (of) => Math.hypot(of.clientX - other.clientX, of.clientY - other.clientY);
    zoom(apart(before) / Math.max(apart(event), 1), ...pointAt(other));
  }
  fingers.set(event.pointerId, event);
});
for (const end of ['pointerup', 'pointercancel', 'pointerleave']) {
  map.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
new ResizeObserver(() => look(box)).observe(map);
listeners.push(drawMap);
