// The frame: which page stands behind the #, when it is fetched again, and what the header says of our own sight.
import {get} from './api.js';
import {h} from './dom.js';
import {deliveriesPage} from './deliveries.js';
import {watch} from './events.js';
import {incidentPage} from './incident.js';
import {incidentsPage} from './incidents.js';
import {signalsPage} from './signals.js';
import {topologyPage} from './topology.js';
import {plural, span, tickTimes} from './words.js';

const refreshEvery = 5000;
const gather = 200;  // milliseconds: a tick may bring many events
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

function showPulse(status) {
  const lost = status.prometheus.filter((each) => each.error || !each.last_good_poll);
  const pulse = document.getElementById('pulse');
  pulse.className = lost.length ? 'pulse bad' : 'pulse good';
  const newest = Math.max(...status.prometheus.map((each) => Date.parse(each.last_good_poll) || 0));
  const text = lost.length
    ? `${lost.map((each) => each.name).join(', ')} does not answer`
    : `Prometheus read ${span((Date.parse(status.now) - newest) / 1000)} ago`;
  pulse.replaceChildren(h('span', {class: 'lamp', 'aria-hidden': 'true'}), text);
  document.getElementById('footer').replaceChildren(
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

// Nothing open and nothing seen look the same unless somebody says so.
function showBanner(signals) {
  const blind = signals.filter(({state}) => state === 'blind');
  const rules = new Set(blind.flatMap((signal) => signal.rules));
  const banner = document.getElementById('banner');
  if (!blind.length) return banner.replaceChildren();
  banner.replaceChildren(h('a', {class: 'banner', href: '#/signals'},
    h('strong', {}, `${plural(blind.length, 'signal is', 'signals are')} blind. `),
    rules.size ? `These rules cannot fire: ${[...rules].join(', ')}. ` : '', h('span', {class: 'go'}, 'What to do')));
}

async function refreshFrame() {
  try {
    const [status, {signals}] = await Promise.all([get('status'), get('signals')]);
    showPulse(status);
    showBanner(signals);
  } catch (error) {
    const pulse = document.getElementById('pulse');
    pulse.className = 'pulse bad';
    pulse.replaceChildren(h('span', {class: 'lamp', 'aria-hidden': 'true'}), 'no answer');
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
  if (document.hidden || document.getElementById('login').open) return;
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
