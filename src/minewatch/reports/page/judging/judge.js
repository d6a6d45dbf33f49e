/* Verdicts: keys and buttons, the queue, what is said so far. The server keeps it; this shows it. */
const by = (id) => document.getElementById(id);
const heading = by('judge-heading'), note = by('note'), sure = by('confidence'), trouble = by('trouble'), reasons = by('reasons');
const order = run.queue.map(({id}) => siteById.get(id));
const rank = new Map(order.map((site, at) => [site, at]));
const queueLines = new Map([...by('queue').tBodies[0].rows].map((line) => [siteById.get(line.dataset.unit), line]));
const skipped = new Set();
let said = {units: {}, drawn: [], progress: {}, last: null};
let busy = Promise.resolve();
Object.assign(view, {queue: order, heading});
view.alerts = new Set(run.alerts);  // those the detector rejected are judged too

async function ask(path, body) {
  const how = body === undefined ? {} : {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}};
  let answer, told = {};
  try {
    answer = await fetch(path, {...how, credentials: 'same-origin', cache: 'no-store'});
    told = await answer.json();
  } catch {
    throw new Error(answer ? 'the server gave no answer that can be read' : 'the server does not answer: was it stopped? Nothing was kept; try again.');
  }
  if (!answer.ok) throw new Error(told.problem + (told.hint ? `: ${told.hint}` : ''));
  return told;
}
/* One after the other, so that a quick hand loses nothing. */
function queueUp(work) {
  busy = busy.then(work).then(() => { trouble.hidden = true; }, (error) => {
    trouble.textContent = error.message;
    trouble.hidden = false;
    trouble.scrollIntoView({block: 'nearest'});
  });
  return busy;
}
function take(told) { said = told; drawSaid(); }

function wordsOf(of) {
  if (!of) return '';
  const parts = of.verdict ? [labelOf(of.verdict) + (of.reason ? ` (${of.reason.replaceAll('_', ' ')})` : '')] : [];
  if (of.confidence) parts.push(`${of.confidence} confidence`);
  if (of.corrected) parts.push('outline corrected');
  if (of.by && of.by !== run.reviewer) parts.push(`by ${of.by}`);
  return parts.join(', ');
}
function labelOf(value) { return run.answers.find((answer) => answer.value === value)?.label || value; }
function isMine(site) { return Boolean(said.units[site.site_id]?.own); }

function drawSaid() {
  for (const [site, line] of queueLines) {
    const of = said.units[site.site_id];
    const [words, kept] = [wordsOf(of), of?.note || ''];
    if (line.cells[1].textContent !== words) line.cells[1].textContent = words;
    if (line.cells[2].textContent !== kept) line.cells[2].textContent = kept;
    site.outline.dataset.said = of?.verdict || '';
  }
  const {own, all, count} = said.progress;
  by('progress').max = count || 1;
  by('progress').value = own;
  by('progress-words').textContent = `${own} of ${count} judged by you` + (all === null ? '' : `, ${all} by anybody`);
  by('undo').disabled = !said.last;
  by('undo-words').textContent = said.last ? `Undo takes back: ${said.last.id}, ${said.last.words}` : '';
  for (const text of said.notes || []) { trouble.textContent = text; trouble.hidden = false; }
  drawDrawn();
  drawUnit();
}

const drawnGroup = make('svg:g', {id: 'drawn'});
by('outlines').after(drawnGroup);
drawnGroup.setAttribute('transform', `scale(${SQUEEZE} 1)`);
function drawDrawn() {
  drawnGroup.replaceChildren();
  for (const of of Object.values(said.units)) {
    if (of.corrected) drawnGroup.append(make('svg:path', {class: 'corrected', d: of.corrected.join('')}));
  }
  for (const of of said.drawn) {
    drawnGroup.append(make('svg:path', {class: 'corrected drawn', d: of.paths.join('')},
      make('svg:title', {}, `${of.id}: ${wordsOf(of)}`)));
  }
}

function drawUnit() {
  const site = view.site;
  for (const button of document.querySelectorAll('#answers button, #skip')) button.disabled = !site;
  if (by('correct')) by('correct').disabled = !site;
  reasons.hidden = true;
  for (const button of document.querySelectorAll('#answers [aria-expanded]')) button.setAttribute('aria-expanded', 'false');
  if (!site) { heading.textContent = 'Choose a place'; by('where').textContent = by('said').textContent = ''; return; }
  const of = said.units[site.site_id];
  heading.replaceChildren(make('code', {}, site.site_id));
  by('where').textContent = `${rank.get(site) + 1} of ${order.length}` + (run.queue[rank.get(site)].why ? `: ${run.queue[rank.get(site)].why}` : '');
  by('said').textContent = of ? `Said: ${wordsOf(of) || 'a note'}${of.others?.length ? `; others: ${of.others.join(', ')}` : ''}` : 'Nothing said yet.';
  for (const button of document.querySelectorAll('#answers button')) {
    button.setAttribute('aria-pressed', String(of?.verdict === button.dataset.value && Boolean(of.own)));
  }
}

/* The next place of the queue that was not judged, skipped ones last. */
function nextSite() {
  const at = rank.get(view.site) ?? -1;
  const round = [...order.slice(at + 1), ...order.slice(0, at + 1)];
  const open = (site) => run.blind ? !isMine(site) : !said.units[site.site_id]?.verdict;
  return round.find((site) => open(site) && !skipped.has(site)) || round.find(open) ||
    round.find((site) => !isMine(site)) || null;
}
function goOn() {
  const next = nextSite();
  if (next && next !== view.site) { openSite(next.site_id); return; }
  if (!next) by('progress-words').textContent += '. All of them are judged.';
}

function judge(value, reason = null) {
  const site = view.site, answer = run.answers.find((of) => of.value === value);
  if (!site) return;
  if (answer.reasons.length && reason === null) { offerReasons(answer); return; }
  const body = {id: site.site_id, verdict: value, reason, note: note.value.trim() || null, ...insideOf(), ...mineOf(), ...(sure ? {confidence: sure.value || null} : {})};
  note.value = '';
  if (sure) sure.value = '';
  drawNote();
  reasons.hidden = true;
  queueUp(async () => { take(await ask('say', body)); skipped.delete(site); if (view.site === site) goOn(); });
}
/* The mine that a unit is on: how large, and whether older than the archive; asked anew of each. */
function mineOf() {
  const [area, begun] = [by('mine-area'), by('mine-begun')];
  if (!area) return {};
  const said = {...(area.value ? {site_area_ha: Number(area.value)} : {}), ...(begun.value ? {begun: begun.value} : {})};
  area.value = begun.value = '';
  return said;
}
function offerReasons(answer) {
  reasons.replaceChildren(...answer.reasons.map((reason) => {
    const button = make('button', {type: 'button', title: reason.meaning, 'aria-keyshortcuts': reason.key},
      `${reason.label} `, make('kbd', {}, reason.key));
    button.addEventListener('click', () => judge(answer.value, reason.value));
    return button;
  }));
  reasons.hidden = false;
  reasons.dataset.of = answer.value;
  document.querySelector(`#answers [data-value="${answer.value}"]`).setAttribute('aria-expanded', 'true');
  reasons.firstChild.focus();
}
function undo() {
  const last = said.last;
  if (!last) return;
  queueUp(async () => { take(await ask('undo', {subject: last.subject, time: last.time})); if (siteById.has(last.id)) openSite(last.id); });
}
function skip() {
  if (!view.site) return;
  skipped.add(view.site);
  goOn();
}
function drawNote() { by('keep-note').disabled = !note.value.trim() || !view.site; }

function keepOutline() {
  const outline = draftOutline(), target = draft.target;
  if (!outline.length) return;
  const body = {id: target, outline, note: note.value.trim() || null, verdict: target === null ? 'mine' : null};
  queueUp(async () => { take(await ask('say', body)); note.value = ''; drawNote(); stopDraft(); });
}
function correct() {
  if (!view.site) return;
  const corrected = said.units[view.site.site_id]?.corrected;
  startDraft(view.site.site_id, corrected || (rowOf(view.site) || view.site.rows.at(-1)).paths, !corrected);
}

for (const button of document.querySelectorAll('#answers button')) button.addEventListener('click', () => judge(button.dataset.value));
by('skip').addEventListener('click', skip);
by('undo').addEventListener('click', undo);
note.addEventListener('input', drawNote);
by('keep-note').addEventListener('click', () => {
  const body = {id: view.site.site_id, note: note.value.trim(), verdict: null};
  queueUp(async () => { take(await ask('say', body)); note.value = ''; drawNote(); });
});
if (run.can_draw) {
  by('correct').addEventListener('click', correct);
  by('draw').addEventListener('click', () => startDraft(null, [], false));
  by('keep-outline').addEventListener('click', keepOutline);
}

const slider = by('period');
const goTo = (period) => change({period: Math.min(Math.max(period, 0), LAST)});
slider.addEventListener('input', () => goTo(Number(slider.value)));
by('compare').addEventListener('change', (event) => change({compare: Number(event.target.value)}));
by('swipe').addEventListener('input', (event) => change({swipe: Number(event.target.value)}));
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('textarea, select, input')) return;
  const chosen = !reasons.hidden && run.answers.find((of) => of.value === reasons.dataset.of);
  const reason = chosen && chosen.reasons.find((of) => of.key === event.key);
  if (event.key === 'Escape' && draft.isOn) { stopDraft(); return; }
  if (event.key === 'Escape' && chosen) { drawUnit(); return; }
  if (draft.isOn) return;
  if (reason) { event.preventDefault(); judge(chosen.value, reason.value); return; }
  const answer = run.answers.find((of) => of.key === event.key);
  const act = answer ? () => judge(answer.value) : {
    s: skip, z: undo, '[': () => goTo(view.period - 1), ']': () => goTo(view.period + 1),
    ...Object.fromEntries(run.confidences.map((of, at) => [at + 1, () => { sure.value = of; }])),
    ...(run.can_draw ? {e: correct, d: () => startDraft(null, [], false)} : {}),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});

listeners.push((changes) => {
  if ('period' in changes) {
    slider.value = view.period;
    slider.setAttribute('aria-valuetext', run.periods[view.period]?.label || '');
    by('period-label').textContent = run.periods[view.period]?.label || '';
  }
  if (!('site' in changes)) return;
  if (draft.isOn && draft.target !== null) stopDraft();
  for (const line of document.querySelectorAll('#queue tr.chosen')) line.classList.remove('chosen');
  queueLines.get(view.site)?.classList.add('chosen');
  drawUnit();
  drawInside(view.site && run.queue[rank.get(view.site)], view.site && said.units[view.site.site_id]);
  drawNote();
  if (!view.site) return;
  const {period} = run.queue[rank.get(view.site)];
  if (period !== undefined && view.period !== period) goTo(period);
  lookClosely(view.site);
});

/* Close enough to see a pool, wide enough to see what lies round it. */
function lookClosely(site) {
  const rings = outerRings((rowOf(site) || site.rows.at(-1)).paths).flat();
  const [xs, ys] = [rings.map((p) => p[0]), rings.map((p) => p[1])];
  const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const size = Math.max(3 * (east - west), 3 * (south - north) * whole.w / whole.h, 9000);
  queueMicrotask(() => look({w: size, x: (west + east) / 2 - size / 2, y: (north + south) / 2 - size * whole.h / whole.w / 2}));
}
/* What was said in another window, or by somebody else. */
document.addEventListener('visibilitychange', () => { if (!document.hidden) queueUp(async () => take(await ask('state'))); });

look(whole);
translate();
change({...view});
queueUp(async () => {
  take(await ask('state'));
  followAddress();
  if (!view.site && order.length) goOn();
  document.body.dataset.ready = 'yes';
});
