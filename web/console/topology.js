// Who talks to whom, as learned. New and odd edges stand first.
import {get} from './api.js';
import {empty, h, table} from './dom.js';
import {amount, badge, moment, plural} from './words.js';

const most = 500;
const columns = [{title: 'From', class: 'wide'}, {title: 'To', class: 'wide'}, {title: 'Protocol', class: 'narrow'},
  {title: 'Per second', class: 'number'}, {title: 'mTLS', class: 'narrow'}, {title: 'First seen', class: 'narrow'},
  {title: 'Last seen', class: 'narrow'}, {title: '', class: 'narrow'}];
const mtlsWords = {mutual_tls: ['ok', 'mutual'], none: ['bad', 'plaintext'], unknown: ['pending', 'unknown']};

const oddFirst = (a, b) =>
  Number(a.expected) - Number(b.expected) || b.score - a.score || b.first_seen.localeCompare(a.first_seen);

export function topologyPage(frame, {isCurrent}) {
  const list = h('section'), lead = h('p', {class: 'lead'});
  const find = h('input', {type: 'search', id: 'find', spellcheck: 'false', oninput: () => draw()});
  let edges = [], names = new Map(), shown = '';

  function name(id) {
    const node = names.get(id);
    if (!node) return id;
    return [[node.namespace, node.workload].filter(Boolean).join('/') || 'unknown',
      node.cluster && h('div', {class: 'sub'}, node.cluster)];
  }

  function row(edge) {
    const [kind, word] = mtlsWords[edge.mtls] || ['pending', edge.mtls || 'unknown'];
    return {cells: [name(edge.source), name(edge.destination), edge.protocol, amount(edge.rate), badge(kind, word),
      moment(edge.first_seen), moment(edge.last_seen), edge.expected ? '' : badge('flag', 'new')]};
  }

  function draw() {
    const wanted = find.value.trim().toLowerCase();
    const fitting = edges.filter(({source, destination}) => `${source} ${destination}`.toLowerCase().includes(wanted));
    list.replaceChildren(fitting.length ? table(columns, fitting.slice(0, most).map(row), 'Topology')
      : empty('No edges', 'Nothing fits, or the mesh has not been read yet.'),
    fitting.length > most ? h('p', {class: 'dim'}, `${most} of ${fitting.length} shown; search for the others.`) : '');
  }

  async function refresh() {
    const topology = await get('topology');
    if (!isCurrent()) return;
    const text = JSON.stringify(topology.edges);
    if (text === shown) return;
    shown = text;
    names = new Map(topology.nodes.map((node) => [node.id, node]));
    edges = topology.edges.sort(oddFirst);
    const nodes = plural(topology.nodes.length, 'workload', 'workloads');
    lead.textContent = `${nodes}, ${plural(edges.length, 'edge', 'edges')}` +
      (topology.learning ? '; still learning what is usual' : '');
    draw();
  }
  frame.replaceChildren(h('h1', {}, 'Topology'), lead,
    h('div', {class: 'filters'}, h('div', {class: 'field'}, h('label', {for: 'find'}, 'Find'), find)), list);
  return {refresh};
}
