// The frame: which page stands behind the #, when it is fetched again, and what the header says of our own sight.
import {get} from './api.js';
import {h, redraw} from './dom.js';
import {deliveriesPage} from './deliveries.js';
import {watch} from './events.js';
import {incidentPage} from './incident.js';
import {incidentsPage} from './incidents.js';
import {signalsPage} from './signals.js';
import {topologyPage} from './topology.js';
import {clockTime, plural, seconds, span, tickTimes} from './words.js';

const refreshEvery = 5000;
const gather = 200;  // milliseconds: a tick may bring many events
const patience = 15;  // seconds that a Prometheus may go unread, however often it is asked
const day = 86400000;
const themeKey = 'meshwarden-theme';

const pages = [
  {pattern: /^\/incidents$/, open: incidentsPage, title: 'Incidents'},
  {pattern: /^\/incidents\/([^/]+)$/, open: incidentPage, title: 'Incident'},
  {pattern: /^\/signals$/, open: signalsPage, title: 'Signals'},
  {pattern: /^\/topology$/, open: topologyPage, title: 'Topology'},
  {pattern: /^\/deliveries$/, open: deliveriesPage, title: 'Deliveries'},
];

const main = document.getElementById('main');
let current = null;   // {refresh} of the page in view
let generation = 0;   // answers for a page that was left are dropped

function showProblem(error) {
  const old = main.querySelector('.page-problem');
  const box = h('div', {class: 'note bad page-problem', role: 'alert'}, error.message);
  if (old) old.replaceWith(box);
  else main.prepend(box);
}

async function refresh() {
  const mine = generation;
  try {
    await current?.refresh();
    if (mine === generation) main.querySelector('.page-problem')?.remove();
  } catch (error) {
    if (mine === generation) showProblem(error);
  }
}

async function openPage() {
  const [path, query = ''] = (location.hash.slice(1) || '/incidents').split('?');
  const page = pages.find(({pattern}) => pattern.test(path));
  generation += 1;
  const mine = generation;
  for (const link of document.querySelectorAll('nav a'))
    link.toggleAttribute('aria-current', path.startsWith(link.getAttribute('href').slice(1)));
  if (!page) {
    main.replaceChildren(h('p', {class: 'hint'}, 'There is no such page.'));
    current = null;
    return;
  }
  document.title = `${page.title} · Meshwarden`;
  const frame = h('div', {class: 'page'}, h('p', {class: 'hint'}, 'Loading'));
  main.replaceChildren(frame);
  current = page.open(frame, {
    argument: decodeURIComponent(path.match(page.pattern)[1] || ''),
    query: new URLSearchParams(query),
    isCurrent: () => mine === generation,
  });
  await refresh();
}

function unread({name, error, last_good_poll: last, poll_interval: interval, duration_seconds: took}, now) {
  if (error) return {lamp: `${name} does not answer`, title: `Prometheus ${name} does not answer.`, text: error};
  if (!last) return {lamp: `${name} is not read yet`, title: `Prometheus ${name} has not been read yet.`, text: ''};
  const age = (Date.parse(now) - Date.parse(last)) / 1000;
  if (age <= Math.max(patience, 3 * seconds(interval) + 2 * took)) return null;
  return {lamp: `${name} was read ${span(age)} ago`, title: `Prometheus ${name} is not read.`,
    text: `The last time was ${clockTime(last)}; what came since is not seen.`};
}

function unsaved({failing_since: since, error}) {
  if (since)
    return {lamp: 'nothing is saved', title: 'Nothing is saved.', text: `Since ${clockTime(since)}: ${error}. ` +
      'What happens is kept in memory; the lists below may lack it.'};
  return error && {lamp: 'no history', title: 'The database cannot be read.', text: error};
}

function misconfigured({refused_at: refused, problems}) {
  if (!problems.length) return null;
  const text = problems[0] + (problems.length > 1 ? ` (and ${problems.length - 1} more)` : '');
  if (!refused) return {lamp: 'a secret is missing', title: 'A secret is missing.', text};
  return {lamp: 'configuration refused', title: 'The new configuration was refused, the old one holds.', text};
}

// Those of the last day: what is still open has been told again since.
async function givenUp({now, outbox}) {
  if (!Object.keys(outbox.dead).length) return null;
  const {deliveries} = await get('deliveries?state=dead&limit=500');
  const lost = deliveries.filter(({at}) => Date.parse(now) - Date.parse(at) < day);
  const count = plural(lost.length, 'notice', 'notices');
  return lost.length && {lamp: `${count} given up`, href: '#/deliveries', title: `${count} given up in the last day.`,
    text: `Not told: ${[...new Set(lost.map(({target}) => target))].join(', ')}.`};
}

async function troublesOf(status) {
  return [...status.prometheus.map((each) => unread(each, status.now)), unsaved(status.database),
    misconfigured(status.config), await givenUp(status)].filter(Boolean);
}

function lamp(kind, text) {
  const pulse = document.getElementById('pulse');
  pulse.className = `pulse ${kind}`;
  redraw(pulse, h('span', {class: 'lamp', 'aria-hidden': 'true'}), text);
}

function showPulse(status, troubles) {
  const [first, ...others] = troubles;
  const oldest = Math.min(...status.prometheus.map((each) => Date.parse(each.last_good_poll)));
  if (first) lamp('bad', first.lamp + (others.length ? `, and ${others.length} more` : ''));
  else lamp('good', `Prometheus read ${span((Date.parse(status.now) - oldest) / 1000)} ago`);
  redraw(document.getElementById('footer'),
    h('span', {}, `Meshwarden ${status.version}`),
    h('span', {}, learned(status)),
    h('span', {}, `history ${(status.database.size_bytes / 1048576).toFixed(1)} MiB`));
}

function learned({prometheus, learning, learning_cause: cause}) {
  const reading = prometheus.find((each) => each.warm_up);
  if (reading) return `reading the past of ${reading.name}: ${Math.floor(100 * reading.warm_up.share)} %`;
  if (learning) return 'still learning what is usual';
  return cause ? `knows who calls whom; of behaviour: ${cause}` : 'has learned what is usual';
}

function blindness(signals) {
  const blind = signals.filter(({state}) => state === 'blind');
  if (!blind.length) return null;
  const rules = new Set(blind.flatMap((signal) => signal.rules));
  return {mild: true, href: '#/signals', title: `${plural(blind.length, 'signal is', 'signals are')} blind.`,
    text: rules.size ? `These rules cannot fire: ${[...rules].join(', ')}.` : ''};
}

// Nothing open and nothing seen look the same unless somebody says so. A reader of screens says it once: what has not
// changed is not drawn again.
function showBanner(troubles) {
  redraw(document.getElementById('banner'), troubles.map(({mild, href, title, text}) =>
    h(href ? 'a' : 'div', {class: `banner ${mild ? '' : 'bad'}`, href, 'data-key': href || title},
      h('strong', {}, title), ` ${text} `, href && h('span', {class: 'go'}, 'What to do'))));
}

async function refreshFrame() {
  try {
    const [status, {signals}] = await Promise.all([get('status'), get('signals')]);
    const troubles = await troublesOf(status);
    showPulse(status, troubles);
    showBanner([...troubles, blindness(signals)].filter(Boolean));
  } catch (error) {
    lamp('bad', error.status === 401 ? 'not signed in' : 'no answer');
  }
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

document.getElementById('theme').addEventListener('click', () => {
  const dark = getComputedStyle(document.documentElement).colorScheme.trim() === 'dark' ||
    (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
  const theme = dark ? 'light' : 'dark';
  localStorage.setItem(themeKey, theme);
  setTheme(theme);
});

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

setTheme(localStorage.getItem(themeKey));
addEventListener('hashchange', openPage);
setInterval(tickTimes, 1000);
function refreshAll() {
  if (document.hidden) return;
  if (document.getElementById('login').open) {
    lamp('bad', 'not signed in');
    return;
  }
  refresh();
  refreshFrame();
}

let soon = null;
function refreshSoon() {
  soon ??= setTimeout(() => {
    soon = null;
    refreshAll();
  }, gather);
}

setInterval(refreshAll, refreshEvery);
openPage();
refreshFrame();
watch(refreshSoon);
