// The list of incidents. The filters live in the address, so that a view can be sent to a colleague.
import {get} from './api.js';
import {empty, h, redraw, table} from './dom.js';
import {amount, destinationOf, flagBadges, moment, severityBadge, sourceOf, stateBadge} from './words.js';

const states = ['open', 'acknowledged', 'resolved'];
const severities = ['critical', 'high', 'medium', 'low', 'info'];
const pageSize = 100;
const largestPage = 500;  // that the server gives at once

const columns = [
  {title: 'Severity', class: 'narrow'}, {title: 'What happened', class: 'wide'}, {title: 'Peak', class: 'number'},
  {title: 'Since', class: 'narrow'}, {title: 'State', class: 'narrow'},
];

function parties(labels) {
  const source = sourceOf(labels), destination = destinationOf(labels);
  if (source && destination) return [source, h('span', {class: 'arrow', 'aria-label': 'to'}, ' → '), destination];
  return source || destination || labels.cluster || '';
}

function peak({kind, value, threshold}) {
  return [h('span', {class: 'big'}, amount(value)),
    kind !== 'anomaly' && h('div', {class: 'sub'}, `limit ${amount(threshold)}`)];
}

function row(incident) {
  const link = h('a', {class: 'what', href: `#/incidents/${encodeURIComponent(incident.id)}`}, incident.summary);
  const labels = incident.labels;
  return {
    key: incident.id,
    class: `row sev-edge-${incident.severity} ${incident.state}`,
    cells: [
      severityBadge(incident.severity),
      [link, h('div', {class: 'sub'}, h('code', {}, incident.rule), ' ', parties(labels),
        labels.team && h('span', {class: 'chip'}, labels.team))],
      peak(incident),
      moment(incident.started_at),
      [stateBadge(incident.state), flagBadges(incident),
        incident.assignee && h('div', {class: 'sub'}, incident.assignee)],
    ],
  };
}

function chips(name, values, chosen, change) {
  return h('fieldset', {class: 'chips'}, h('legend', {}, name), values.map((value) => {
    const box = h('input', {type: 'checkbox', value, checked: chosen.has(value), onchange: () => {
      if (box.checked) chosen.add(value);
      else chosen.delete(value);
      change();
    }});
    return h('label', {class: `choice ${name === 'Severity' ? `sev-${value}` : ''}`}, box, h('span', {}, value));
  }));
}

const setOf = (query, name, preset) => new Set(query.has(name) ? query.get(name).split(',').filter(Boolean) : preset);

export function incidentsPage(frame, {query, isCurrent}) {
  const chosenStates = setOf(query, 'state', ['open', 'acknowledged']);
  const chosenSeverities = setOf(query, 'severity', []);
  const match = h('input', {type: 'search', id: 'match', placeholder: 'destination_namespace="pay"',
    spellcheck: 'false', value: query.get('match') || '', onchange: () => apply()});
  const list = h('section', {'aria-live': 'off'});
  const more = h('button', {type: 'button', hidden: true, onclick: () => showMore()}, 'Show older ones');
  let wished = pageSize;  // rows, as long as there are so many

  function parameters() {
    const wanted = new URLSearchParams();
    if (chosenStates.size) wanted.set('state', [...chosenStates].join(','));
    if (chosenSeverities.size) wanted.set('severity', [...chosenSeverities].join(','));
    if (match.value.trim()) wanted.set('match', match.value.trim());
    return wanted;
  }

  // The state filter is always spelled out in the address: none chosen means all of them.
  function apply() {
    const wanted = parameters();
    if (!wanted.has('state')) wanted.set('state', '');
    history.replaceState(null, '', `#/incidents?${wanted}`);
    wished = pageSize;
    refresh().catch((error) => list.replaceChildren(h('div', {class: 'note bad', role: 'alert'}, error.message)));
  }

  function showMore() {
    wished += pageSize;
    refresh().catch(() => {});  // what is wrong the next refresh of the page tells
  }

  function show(incidents) {
    const nothing = empty('Nothing here', chosenStates.has('resolved') || !chosenStates.size
      ? 'No incident fits these filters.'
      : 'No incident is open. Look at Signals to be sure that we would have seen one.');
    redraw(list, incidents.length ? table(columns, incidents.map(row), 'Incidents') : nothing);
  }

  // All that is shown is asked anew: an old one may have ended, and new ones push others down.
  async function refresh() {
    const question = () => `${wished}?${parameters()}`;
    const asked = question(), wanted = parameters();
    const incidents = [];
    let cursor = '';
    while (cursor !== null && incidents.length < wished) {
      wanted.set('limit', Math.min(largestPage, wished - incidents.length));
      if (cursor) wanted.set('cursor', cursor);
      const page = await get(`incidents?${wanted}`);
      if (!isCurrent() || question() !== asked) return;
      incidents.push(...page.incidents);
      cursor = page.next_cursor;
    }
    more.hidden = cursor === null;
    show(incidents);
  }

  frame.replaceChildren(
    h('h1', {}, 'Incidents'),
    h('form', {class: 'filters', onsubmit: (event) => { event.preventDefault(); apply(); }},
      chips('State', states, chosenStates, apply), chips('Severity', severities, chosenSeverities, apply),
      h('div', {class: 'field'}, h('label', {for: 'match'}, 'Label'), match)),
    list, more);
  return {refresh};
}
