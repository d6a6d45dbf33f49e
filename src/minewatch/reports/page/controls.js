/* Slider, filters, language; then the first drawing. */
const slider = document.getElementById('period');
const play = document.getElementById('play');
let playing = null;

slider.addEventListener('input', () => change({period: Number(slider.value)}));
play.addEventListener('click', () => {
  if (playing !== null) { stop(); return; }
  if (view.period === LAST) change({period: 0});
  playing = setInterval(() => {
    if (view.period < LAST) change({period: view.period + 1});
    if (view.period >= LAST) stop();
  }, 1200);
  sayPlay();
});
function stop() { clearInterval(playing); playing = null; sayPlay(); }
function sayPlay() {
  play.dataset.label = playing === null ? 'play' : 'stop';
  play.textContent = word(play.dataset.label);
}

for (const of of document.querySelectorAll('#filters input[type=checkbox]')) {
  of.addEventListener('change', () => {
    const ticked = [...document.querySelectorAll(`#filters input[name=${of.name}]:checked`)].map((o) => o.value);
    change({[of.name]: new Set(ticked)});
  });
}
for (const name of ['confidence', 'area']) {
  document.getElementById(`least-${name}`).addEventListener('input', (event) => change({[name]: Number(event.target.value) || 0}));
}
document.getElementById('reset').addEventListener('click', () => change(everything()));
document.getElementById('compare').addEventListener('change', (event) => change({compare: Number(event.target.value)}));
document.getElementById('swipe').addEventListener('input', (event) => change({swipe: Number(event.target.value)}));
document.getElementById('language').addEventListener('change', (event) => change({language: event.target.value}));

function drawControls(changes) {
  if ('language' in changes) { translate(); sayPlay(); }
  const period = run.periods[view.period];
  slider.value = view.period;
  slider.setAttribute('aria-valuetext', period ? period.label : '');
  document.getElementById('period-label').textContent = period ? period.label : '';
  document.getElementById('confidence-label').textContent = number(view.confidence, 2);
  if ('states' in changes && 'alerts' in changes) {  // all again
    for (const of of document.querySelectorAll('#filters input[type=checkbox]')) {
      of.checked = view[of.name] === null || view[of.name].has(of.value);
    }
    document.getElementById('least-confidence').value = view.confidence;
    document.getElementById('least-area').value = view.area;
  }
  const known = run.sites.filter((site) => rowOf(site) !== undefined).length;
  document.getElementById('status').textContent = period ? fill('status', {
    period: period.label, shown: view.shown.length, known,
    unseen: view.shown.filter((site) => rowOf(site).state === 'not_observed').length,
    never: percent(1 - period.seen),
  }) : '';
}
listeners.push(drawControls);

look(whole);
change({...view});
followAddress();
document.body.dataset.ready = 'yes';
