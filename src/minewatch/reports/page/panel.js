/* The panel of one site. Its address is `#` and the id of the site. */
const panel = document.getElementById('panel');

function openSite(id) { window.location.hash = encodeURIComponent(id); }
function closeSite() {
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  change({site: null});
}
function followAddress() {
  let id = window.location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* not encoded: taken as it is */ }
  const site = siteById.get(id);
  const isElement = !site && document.getElementById(id);  // the skip link, say
  if (!id || isElement) return;
  change({site: site || null});
  if (!site) {
    panel.replaceChildren(make('p', {role: 'alert'}, `${word('no_such_site')} ${id}`));
    return;
  }
  lookAt(site);
  (view.heading || panel.querySelector('h3')).focus({preventScroll: true});
  (view.heading || panel).scrollIntoView({block: 'nearest'});
}

function drawPanel(changes) {
  if (!('site' in changes || 'period' in changes || 'language' in changes)) return;
  const site = view.site;
  panel.classList.toggle('open', site !== null);
  if (!site) { panel.replaceChildren(make('p', {class: 'soft'}, word('choose'))); return; }
  const row = rowOf(site);
  panel.replaceChildren(
    panelBar(site),
    make('h3', {tabindex: '-1'}, make('code', {}, site.site_id)),
    ...(row ? [] : [make('p', {class: 'note'}, word('not_known_then'))]),
    ...(run.blind ? [] : [siteFacts(site, row)]),
    ...chips(site),
    ...(run.blind ? [] : opinionOn(site)),
  );
}

/* What the detector makes of a site. A blind page has nothing of it. */
function opinionOn(site) {
  return [
    make('h4', {}, word('series')), ...monthChart(site),
    make('h4', {}, word('periods')), periodTable(site),
    make('h4', {}, word('evidence')), ...evidenceOf(site),
    make('h4', {}, word('others')), ...othersOf(site),
    make('h4', {}, word('scenes')), scenesOf(site),
  ];
}

function panelBar(site) {
  const order = view.queue || (view.shown.length ? view.shown : run.sites);
  const at = order.indexOf(site);
  const step = (by) => openSite(order[(at + by + order.length) % order.length].site_id);
  const button = (key, act) => {
    const of = make('button', {type: 'button'}, word(key));
    of.addEventListener('click', act);
    return of;
  };
  return make('div', {class: 'row'}, button('before', () => step(-1)), button('next', () => step(1)),
    button('close', () => { closeSite(); map.focus(); }));
}

function siteFacts(site, row) {
  const list = make('dl', {class: 'facts'});
  const say = (key, value) => {
    if (value !== null && value !== undefined && value !== '') {
      list.append(make('div', {}, make('dt', {}, word(key)), make('dd', {}, value)));
    }
  };
  if (row) {
    say('alert', word(`alert_${row.alert_then}`));
    say('state', stateSpan(row.state));
    say('confidence', number(row.confidence, 2) + (run.basis ? `, ${run.basis}` : ''));
  }
  if ('verdict' in site) say('verdict', site.verdict ? word(`verdict_${site.verdict}`) : word('no_verdict'));
  say('began', began(site));
  say('last_activity', site.last_activity);
  say('water_last_seen', site.water_last_seen);
  if (row) say('control', row.controlling_group);
  say('merged_from', (site.merged_from || []).join(', '));
  say('split_from', (site.split_from || []).join(', '));
  const [lon, lat] = place(site);
  say('lon_lat', `${lon.toFixed(5)}, ${lat.toFixed(5)}`);
  return list;
}

function stateSpan(state) {
  return make('span', {}, make('span', {class: `state state-${state}`}), word(`state_${state}`));
}

function chips(site) {
  const {px, columns, metres} = run.chips;
  const rows = Math.ceil(run.sites.length / columns);
  const [x, y] = [site.number % columns * px, Math.floor(site.number / columns) * px];
  const list = make('div', {class: 'chips'});
  run.periods.forEach((period, at) => {
    if (!period.chips) return;
    const row = site.byPeriod.get(at);
    const scale = 0.1113 / metres;  // steps of a millionth of a degree to pixels
    const picture = make('svg:svg', {
      viewBox: `${x} ${y} ${px} ${px}`, role: 'img',
      'aria-label': `${period.label}: ${row ? word(`state_${row.state}`) : word('not_known_then')}`,
    }, make('svg:image', {href: period.chips, width: columns * px, height: rows * px}));
    if (row) {
      picture.append(make('svg:path', {
        class: `outline state-${row.state} alert-${row.alert_then}`, d: row.paths.join(''),
        transform: `translate(${x + px / 2} ${y + px / 2}) scale(${scale * SQUEEZE} ${scale}) ` +
          `translate(${-site.x} ${-site.y})`,
      }));
    }
    const chip = make('button', {type: 'button', 'aria-pressed': String(at === view.period)}, picture,
      make('span', {}, period.label));
    chip.addEventListener('click', () => {
      change({period: at});
      list.isConnected || panel.querySelectorAll('.chips button')[chip.dataset.at]?.focus();
    });
    chip.dataset.at = list.children.length;
    list.append(chip);
  });
  if (!list.children.length) return [];
  return [make('h4', {}, word('pictures')), list, make('p', {class: 'soft small'}, word('pictures_note'))];
}

function periodTable(site) {
  const columns = ['period', 'state', 'alert', 'ground_now', 'pools', 'pool_area', 'water_area', 'clear_looks', 'seen'];
  const body = make('tbody');
  for (const row of site.rows) {
    body.append(make('tr', row.period === view.period ? {'aria-current': 'true'} : {},
      make('th', {scope: 'row'}, run.periods[row.period].label),
      make('td', {}, stateSpan(row.state)), make('td', {}, word(`alert_${row.alert_then}`)),
      ...[
        orMissing(hectares(row.disturbed_area_m2), row),
        orMissing(between(row.pool_count_low, row.pool_count_high), row),
        orMissing(between(row.pool_area_low_m2, row.pool_area_high_m2, squareMetres), row),
        orMissing(between(row.water_area_low_m2, row.water_area_high_m2, squareMetres), row),
        number(row.clear_looks), percent(row.observed_fraction),
      ].map((text) => make('td', {class: 'n'}, text)),
    ));
  }
  return make('div', {class: 'wide', tabindex: '0', role: 'group', 'aria-label': word('periods')},
    make('table', {}, make('thead', {}, make('tr', {}, ...columns.map((key) => make('th', {scope: 'col'}, word(key))))),
      body));
}

/* The site month by month: its pixels, what their past lets expect, when it began, what was not seen. */
function monthChart(site) {
  const of = site.months;
  if (!of) return [make('p', {class: 'soft'}, word('no_series'))];
  const [width, height, left, bottom] = [480, 170, 40, 130];
  const first = Date.parse(of.start) / 864e5;
  const year = Number(of.start.slice(0, 4));
  const days = of.middle.map((_, at) => Date.UTC(year, Number(of.start.slice(5, 7)) - 1 + at, 15) / 864e5);
  const last = days.at(-1) + 17;
  const [low, high, step] = of.note === 'series_radar' ? [-2800, -800, 500] : [-35, 100, 25];
  const x = (day) => (left + (width - left - 4) * (day - first) / (last - first)).toFixed(1);
  const y = (value) => (bottom - (bottom - 8) * (Math.min(Math.max(value, low), high) - low) / (high - low)).toFixed(1);
  const chart = make('svg:svg', {class: 'months', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': word('series')});
  const path = (cls, d) => d && chart.append(make('svg:path', {class: cls, d}));
  const text = (cls, at, up, said) => chart.append(make('svg:text', {class: cls, x: at, y: up}, said));
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
    path('tick', `M${left} ${y(at)}H${width}`);
    text('end', left - 4, Number(y(at)) + 4, String(at / 100));
  }
  for (let next = year + 1; Date.UTC(next, 0) / 864e5 < last; next += 1) {
    path('tick', `M${x(Date.UTC(next, 0) / 864e5)} 8V${bottom}`);
    text('middle', x(Date.UTC(next, 0) / 864e5), height - 4, String(next));
  }
  const known = days.map((_, at) => at).filter((at) => of.baseline[at] !== null);
  const along = (sd) => known.map((at) => `${x(days[at])} ${y(of.baseline[at] + sd * of.spread[at])}`);
  if (known.length) path('expected-band', `M${[...along(2), ...along(-2).reverse()].join('L')}z`);
  if (known.length) path('expected', `M${along(0).join('L')}`);
  days.forEach((day, at) => {
    if (of.middle[at] === null) { path('unseen', `M${x(day)} ${bottom - 5}v5`); return; }
    path('spread', `M${x(day)} ${y(of.low[at])}V${y(of.high[at])}`);
    chart.append(make('svg:circle', {class: 'look', cx: x(day), cy: y(of.middle[at]), r: 2.2}));
  });
  for (const [day, cls] of [[site.last_undisturbed, 'start dotted'], [site.first_detected, 'start']]) {
    if (day) path(cls, `M${x(Date.parse(day) / 864e5)} 8V${bottom}`);
  }
  for (const row of site.rows) {
    const [from, to] = ['start', 'end'].map((end) => Date.parse(run.periods[row.period][end]) / 864e5);
    chart.append(make('svg:rect', {class: `state-${row.state}`, x: x(from), y: bottom + 6, height: 10,
      width: Math.max(x(Math.min(to + 1, last)) - x(from), 0)}));
  }
  return [chart, make('p', {class: 'soft small'}, word(of.note))];
}

function evidenceOf(site) {
  if (site.terms === null) return [make('p', {class: 'soft'}, word('no_evidence'))];
  const says = (value) => value >= 2 / 3 ? 'speaks_for' : value <= 1 / 3 ? 'speaks_against' : 'speaks_open';
  const terms = Object.entries(site.terms).sort((a, b) => b[1] - a[1]);
  return [make('ul', {}, ...terms.map(([name, value]) => make('li', {class: says(value)},
    make('strong', {}, word(says(value))), ` (${number(value, 2)}): ${run.meanings[name] || name}`)))];
}

function othersOf(site) {
  if (site.others === null) return [make('p', {class: 'soft'}, word('no_evidence'))];
  if (!site.others.length) return [make('p', {class: 'soft'}, word('nothing_else'))];
  const says = (p) => p === null ? 'cannot_separate' : p >= 2 / 3 ? 'likely' : p > 1 / 3 ? 'possible' : 'unlikely';
  return [make('ul', {}, ...site.others.map(({kind, plausibility, reason}) => make('li', {},
    make('strong', {}, kind.replaceAll('_', ' ')), `: ${word(says(plausibility))}` +
    `${plausibility === null ? '' : ` (${number(plausibility, 2)})`}. ${reason}`)))];
}

function scenesOf(site) {
  if (!site.scenes.length) return make('p', {}, word('none'));
  return make('ul', {}, ...site.scenes.map((id) => make('li', {}, make('code', {}, id),
    run.days[id] ? ` (${run.days[id]})` : '')));
}

window.addEventListener('hashchange', followAddress);
panel.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && view.site) { closeSite(); map.focus(); }
});
listeners.push(drawPanel);
