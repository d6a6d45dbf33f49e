'use strict';
/* What is shown, and the one way to change it: `change`. Every part of the page listens. */
const run = JSON.parse(document.getElementById('run').textContent);
const STEPS = 1e6;
const LAST = run.periods.length - 1;
const everything = () => ({
  states: new Set(run.states), alerts: new Set(run.alerts.filter((a) => a !== 'rejected')),
  verdicts: null, confidence: 0, area: 0,
});
const view = {period: LAST, language: run.language, compare: -1, swipe: 50, site: null, ...everything()};
const listeners = [];
const siteById = new Map(run.sites.map((site, number) => [site.site_id, Object.assign(site, {number})]));

for (const site of run.sites) {
  site.byPeriod = new Map(site.rows.map((row) => [row.period, row]));
  let most = 0;
  for (const row of site.rows) row.most_m2 = most = Math.max(most, row.disturbed_area_m2 || 0);
}

function change(changes) {
  Object.assign(view, changes);
  view.shown = run.sites.filter(isShown);
  for (const listen of listeners) listen(changes);
}

function rowOf(site) { return site.byPeriod.get(view.period); }

function isShown(site) {
  const row = rowOf(site);
  return row !== undefined && view.states.has(row.state) && view.alerts.has(row.alert_then) &&
    (row.confidence ?? 0) >= view.confidence && row.most_m2 >= view.area &&
    (view.verdicts === null || view.verdicts.has(site.verdict ?? ''));
}

function word(key) {
  const of = run.labels[key];
  return of ? of[view.language] || of.en : key.replace(/^(state|alert|verdict)_/, '').replaceAll('_', ' ');
}

function fill(key, values) { return word(key).replace(/\{(\w+)\}/g, (_, name) => values[name]); }

/* An element of HTML, or of SVG when `tag` says so. Text is set as text, never as markup. */
function make(tag, attributes = {}, ...children) {
  const of = tag.startsWith('svg:') ? document.createElementNS('http://www.w3.org/2000/svg', tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) of.setAttribute(name, value);
  of.append(...children);
  return of;
}

const FORMATS = [0, 1, 2].map((digits) => new Intl.NumberFormat(
  'en', {minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: 'halfEven'}));
const number = (value, digits = 0) => FORMATS[digits].format(value);
const squareMetres = (m2) => `${number(m2)} m²`;
/* As `hectares` of run_summary.py says it. */
function hectares(m2) {
  return m2 === null || m2 === undefined ? null : `${number(m2 / 1e4, m2 < 1e4 ? 2 : 1)} ha`;
}
function between(low, high, say = number) {
  if (high === null || high === undefined) return null;
  const ends = [say(low), say(high)];
  return ends[0] === ends[1] ? ends[0] : `${ends[0]} – ${ends[1]}`;
}
/* What is said where a figure is missing: not seen then, or never to be known in such pixels. */
function orMissing(text, row) { return text ?? word(row.state === 'not_observed' ? 'not_seen' : 'unknown'); }
const percent = (share) => `${number(100 * share)} %`;
function place(site) {
  return [run.frame.west + site.x / STEPS, run.frame.north - site.y / STEPS];
}
function began(site) {
  return site.last_undisturbed ? `${site.last_undisturbed} – ${site.first_detected}` : word('before_archive');
}

function translate() {
  document.documentElement.lang = view.language;
  for (const of of document.querySelectorAll('[data-label]')) of.textContent = word(of.dataset.label);
  for (const of of document.querySelectorAll('[data-title]')) {
    of.setAttribute('aria-label', word(of.dataset.title));
    if (of.tagName === 'BUTTON') of.title = word(of.dataset.title);
  }
}
