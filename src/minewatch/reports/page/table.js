/* The table of sites: the chosen period, the same filters as the map; and what can be taken home. */
const table = document.getElementById('site-table');
const lines = new Map([...table.tBodies[0].rows].map((line) => [siteById.get(line.dataset.site), line]));
let order = {by: null, down: false};
const SORT = {
  site: (site) => site.site_id, began: (site) => site.last_undisturbed || '',
  last_activity: (site) => site.last_activity || '', verdict: (site) => site.verdict ?? '',
  ground_most: (site) => site.max_disturbed_area_m2,
  alert: (site, row) => run.alerts.indexOf(row?.alert_then), state: (site, row) => run.states.indexOf(row?.state),
  ground_now: (site, row) => row?.disturbed_area_m2 ?? -1, pools: (site, row) => row?.pool_count_high ?? -1,
  confidence: (site, row) => row?.confidence ?? -1,
};

function drawTable(changes) {
  const shown = new Set(view.shown);
  for (const [site, line] of lines) {
    const row = rowOf(site);
    line.hidden = !shown.has(site);
    line.classList.toggle('chosen', site === view.site);
    if (line.hidden || !('period' in changes || 'language' in changes || line.drawn !== row)) continue;
    line.drawn = row;
    const cells = line.cells_by_name ??= Object.fromEntries(
      [...line.querySelectorAll('[data-cell]')].map((cell) => [cell.dataset.cell, cell]));
    const put = (name, text) => { if (cells[name].textContent !== text) cells[name].textContent = text; };
    put('alert', word(`alert_${row.alert_then}`));
    if (cells.state.textContent !== word(`state_${row.state}`) || line.state !== row.state) {
      cells.state.replaceChildren(stateSpan(row.state));
      line.state = row.state;
    }
    put('ground', orMissing(hectares(row.disturbed_area_m2), row));
    put('pools', orMissing(between(row.pool_count_low, row.pool_count_high), row));
    put('confidence', number(row.confidence, 2));
    put('began', began(site));
  }
  document.getElementById('no-site').hidden = shown.size > 0;
  if ('period' in changes && order.by) sortLines();
}

function sortLines() {
  const key = SORT[order.by], sign = order.down ? -1 : 1;
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = [...lines].sort(([a], [b]) => sign * compare(key(a, rowOf(a)), key(b, rowOf(b))) ||
    compare(a.number, b.number));
  table.tBodies[0].append(...sorted.map(([, line]) => line));
}

for (const button of table.tHead.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    const by = button.dataset.sort;
    order = {by, down: order.by === by ? !order.down : !['site', 'began'].includes(by)};
    for (const head of table.tHead.querySelectorAll('th')) head.removeAttribute('aria-sort');
    button.closest('th').setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    sortLines();
  });
}

function rowsToTake() {
  const {start, end} = run.periods[view.period];
  return view.shown.map((site) => {
    const {paths, period, most_m2, ...figures} = rowOf(site);
    const of = {
      simulated: run.simulated, area: run.area.id, site_id: site.site_id, period_start: start, period_end: end,
      alert: site.alert, ...('verdict' in site ? {verdict: site.verdict} : {}), ...figures,
      first_detected: site.first_detected, last_undisturbed: site.last_undisturbed, scenes: site.scenes,
    };
    return [site, of, paths];
  });
}

function take(name, type, text) {
  const link = make('a', {download: `${run.area.id}-${run.periods[view.period].start}${name}`});
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function asCsv() {
  const rows = rowsToTake();
  const names = [...Object.keys(rows[0]?.[1] || {}), 'lon', 'lat'];
  const quote = (value) => {
    let text = value === null || value === undefined ? '' : Array.isArray(value) ? value.join(' ') : String(value);
    if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;  // no formula in a sheet
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lineOf = ([site, of]) => {
    const [lon, lat] = place(site);
    return names.map((name) => quote({...of, lon: lon.toFixed(6), lat: lat.toFixed(6)}[name])).join(',');
  };
  return [names.join(','), ...rows.map(lineOf), ''].join('\r\n');
}

/* Rings of a path, back to degrees: the page keeps whole millionths. */
function ringsOf(path) {
  return path.split('z').filter(Boolean).map((ring) => {
    const [x, y, ...steps] = ring.match(/-?\d+/g).map(Number);
    const points = [[x, y]];
    for (let i = 0; i < steps.length; i += 2) {
      const [a, b] = points[points.length - 1];
      points.push([a + steps[i], b + steps[i + 1]]);
    }
    points.push(points[0]);
    const degrees = (value) => Math.round(value * STEPS) / STEPS;
    return points.map(([a, b]) => [degrees(run.frame.west + a / STEPS), degrees(run.frame.north - b / STEPS)]);
  });
}

function asGeojson() {
  const features = rowsToTake().map(([, properties, paths]) => ({
    type: 'Feature', properties,
    geometry: {type: 'MultiPolygon', coordinates: paths.map(ringsOf)},
  }));
  return JSON.stringify({type: 'FeatureCollection', simulated: run.simulated, source: run.source, features});
}

document.getElementById('csv').addEventListener('click', () => take('.csv', 'text/csv', `\ufeff${asCsv()}`));
document.getElementById('geojson').addEventListener('click', () => take('.geojson', 'application/geo+json', asGeojson()));
listeners.push(drawTable);
