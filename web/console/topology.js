// Who talks to whom, as learned: now, at an earlier time, or what changed between two. New and odd edges stand first;
// where one is new a person can say that it is expected, and why.
import {get, post} from './api.js';
import {empty, h, redraw, table} from './dom.js';
import {amount, badge, clockTime, moment, plural, sourceOf} from './words.js';

const most = 500;
const columns = [{title: 'From', class: 'place'}, {title: 'To', class: 'place'}, {title: 'Protocol', class: 'narrow'},
  {title: 'Per second', class: 'number'}, {title: 'mTLS', class: 'narrow'}, {title: 'First seen', class: 'narrow'},
  {title: 'Last seen', class: 'narrow'}, {title: '', class: ''}];
const mtlsWords = {mutual_tls: ['ok', 'mutual'], none: ['bad', 'plaintext'], unknown: ['pending', 'unknown']};
const telling = ['cluster', 'source_namespace', 'source_workload', 'source_principal', 'destination_namespace',
  'destination_workload', 'destination_service'];
const instead = {source_principal: 'source_workload', destination_service: 'destination_workload'};
const day = 86400000;

const oddFirst = (a, b) =>
  Number(a.expected) - Number(b.expected) || b.score - a.score || b.first_seen.localeCompare(a.first_seen);

const instant = (field) => (field.value ? new Date(`${field.value}Z`).toISOString() : '');

const quoted = (text) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;

// Of this edge only: what it lacks tells it from others, too. A principal or a service that is not there tells nothing
// beside a workload. All that is not TCP is one edge.
function matchersOf({labels}) {
  const names = telling.filter((name) => labels[name] || !labels[instead[name]]);
  return [...names.map((name) => `${name}=${quoted(labels[name] || '')}`),
    labels.protocol === 'tcp' ? 'protocol="tcp"' : 'protocol!="tcp"'];
}

// The form that says of one edge that it is expected; it stays while the list is refreshed. `done` hears if it was said.
function expectForm(edge, done) {
  const note = h('input', {id: 'why', required: true, maxlength: 500, placeholder: 'Why is it expected?'});
  const spans = [[30, 'for 30 days'], [90, 'for 90 days'], [365, 'for a year'], [0, 'for ever']];
  const days = h('select', {id: 'days', 'aria-label': 'How long'},
    spans.map(([value, text]) => h('option', {value}, text)));
  const message = h('p', {class: 'error', role: 'alert'});
  const match = matchersOf(edge);
  const say = async (event) => {
    event.preventDefault();
    const expires = Number(days.value) ? {expires_at: new Date(Date.now() + days.value * day).toISOString()} : {};
    try {
      await post('expectations', {match, note: note.value.trim(), ...expires});
      done(true);
    } catch (error) {
      message.textContent = error.message;
    }
  };
  return h('form', {class: 'card', onsubmit: say},
    h('label', {for: 'why'}, 'Expected: ', h('code', {}, match.join(', '))),
    !sourceOf(edge.labels) && h('p', {class: 'note mild'}, 'Nobody can say who calls here: every caller without a ' +
      'name will be expected.'), note,
    h('div', {class: 'buttons'}, days, h('button', {type: 'submit', class: 'primary'}, 'Say so'),
      h('button', {type: 'button', onclick: () => done(false)}, 'Leave it')), message);
}

export function topologyPage(frame, {isCurrent}) {
  const list = h('section', {tabindex: -1, 'aria-label': 'Edges'}), lead = h('p', {class: 'lead'}), said = h('div');
  const again = () => refresh().catch(() => {});  // what is wrong the next refresh of the page tells
  const time = (id) => h('input', {type: 'datetime-local', id, onchange: again});
  const find = h('input', {type: 'search', id: 'find', spellcheck: 'false', oninput: () => draw()});
  const at = time('at'), since = time('since');
  let edges = [], names = new Map(), shown = '';

  function name(id) {
    const node = names.get(id);
    if (!node) return id;
    return [[node.namespace, node.workload].filter(Boolean).join('/') || 'unknown',
      node.cluster && h('div', {class: 'sub'}, node.cluster)];
  }

  function verdict(edge) {
    const button = h('button', {type: 'button', class: 'expect', onclick: () => ask(edge, button)}, 'Expected?');
    const why = edge.justification;
    return [edge.change && [badge('pending', edge.change), ' '],
      !edge.expected && [badge('flag', why ? 'unexpected' : 'new'), ' '],
      why && h('div', {class: 'sub'}, `${why.owner}: ${why.note}`,
        why.expires_at && ` (until ${clockTime(why.expires_at)})`),
      !edge.expected && button];
  }

  // The form stands above the list; once it is closed the focus goes back to where it came from. A button that has done
  // its work goes with the next refresh.
  function ask(edge, button) {
    said.replaceChildren(expectForm(edge, (isSaid) => {
      said.replaceChildren();
      (isSaid || !button.isConnected ? list : button).focus();
      again();
    }));
    said.scrollIntoView({block: 'nearest'});
    said.querySelector('#why').focus();
  }

  function row(edge) {
    const [kind, word] = mtlsWords[edge.mtls] || mtlsWords.unknown;
    const cells = [name(edge.source), name(edge.destination), edge.protocol, amount(edge.rate), badge(kind, word),
      moment(edge.first_seen), moment(edge.last_seen), verdict(edge)];
    return {key: JSON.stringify(edge.labels), cells};
  }

  function draw() {
    const wanted = find.value.trim().toLowerCase();
    const fitting = edges.filter(({source, destination}) => `${source} ${destination}`.toLowerCase().includes(wanted));
    redraw(list, fitting.length ? table(columns, fitting.slice(0, most).map(row), 'Topology')
      : empty('No edges', 'Nothing fits, nothing changed, or the mesh has not been read yet.'),
    fitting.length > most ? h('p', {class: 'dim'}, `${most} of ${fitting.length} shown; search for the others.`) : '');
  }

  function summary({nodes, learning, truncated, complete_since: complete}) {
    const asked = [instant(at), instant(since)].filter(Boolean);
    return [`${plural(nodes.length, 'workload', 'workloads')}, ${plural(edges.length, 'edge', 'edges')}`,
      since.value && ` changed since ${clockTime(instant(since))}`, at.value && ` as of ${clockTime(instant(at))}`,
      learning && '; still learning what is usual', truncated && '; those seen longest ago are left out',
      complete && asked.some((when) => when < complete) && `; the past is whole only since ${clockTime(complete)}`]
      .filter(Boolean).join('');
  }

  async function refresh() {
    const times = {at: since.value ? '' : instant(at), from: instant(since), to: since.value ? instant(at) : ''};
    const query = new URLSearchParams(Object.entries(times).filter(([, text]) => text));
    const topology = await get(`topology${since.value ? '/diff' : ''}?${query}`);
    if (!isCurrent()) return;
    const state = JSON.stringify([topology.edges, [...query]]);
    if (state === shown) return;
    shown = state;
    names = new Map(topology.nodes.map((node) => [node.id, node]));
    edges = topology.edges.sort(oddFirst);
    redraw(lead, summary(topology));
    draw();
  }
  const field = (label, control) => h('div', {class: 'field'}, h('label', {for: control.id}, label), control);
  frame.replaceChildren(h('h1', {}, 'Topology'), lead,
    h('div', {class: 'filters'}, field('Find', find), field('As of (UTC)', at), field('Changed since (UTC)', since)),
    said, list);
  return {refresh};
}
