// One incident, for somebody who was woken by it: what, who, since when, how much, what to do; then the proof.
import {get, post} from './api.js';
import {h, outward, redraw} from './dom.js';
import {proofOf} from './proof.js';
import {amount, clockTime, destinationOf, flagBadges, flagWords, lasting, moment, plural, resolveReasons,
  severityBadge, sourceOf, span, stateBadge} from './words.js';

function sourceText(incident) {
  const named = sourceOf(incident.labels);
  if (named) return [named, null];
  const sources = incident.evidence.top_sources;
  if (!sources.length) return ['unknown', 'no metric names the caller'];
  const first = sourceOf(sources[0].labels) || 'unknown';
  if (sources.length === 1) return [first, null];
  return [first, `and ${plural(sources.length - 1, 'other', 'others')}, see below`];
}

function party(role, name, remark) {
  return h('div', {class: 'party'}, h('div', {class: 'label'}, role), h('div', {class: 'name'}, name),
    remark && h('div', {class: 'sub'}, remark));
}

function whoToWhom(incident) {
  const destination = destinationOf(incident.labels);
  const [source, remark] = sourceText(incident);
  const cluster = incident.labels.cluster ? `cluster ${incident.labels.cluster}` : null;
  if (!destination) {
    const where = sourceOf(incident.labels) || cluster || 'the mesh';
    return h('div', {class: 'parties'}, party('Where', where, where === cluster ? null : cluster));
  }
  return h('div', {class: 'parties'}, party('From', source, remark),
    h('div', {class: 'arrow', 'aria-label': 'to'}, '→'), party('To', destination, cluster));
}

function figure(label, value, remark) {
  return h('div', {class: 'figure'}, h('div', {class: 'label'}, label), h('div', {class: 'value'}, value),
    remark && h('div', {class: 'sub'}, remark));
}

function howLong(incident) {
  if (!incident.resolved_at) return lasting(incident.started_at);
  return span((Date.parse(incident.resolved_at) - Date.parse(incident.started_at)) / 1000);
}

// What is learned has no limit, and no window of its own.
function limitFigure({kind, threshold, window}) {
  if (kind === 'anomaly' && threshold > 0) return figure('Usual', `about ${amount(threshold)}`, 'as learned');
  if (kind === 'anomaly') return figure('Limit', 'learned', 'unlike what was seen before');
  return figure('Limit', `more than ${amount(threshold)}`, `in ${window}, as evaluated`);
}

function timesTheLimit({kind, threshold, value}) {
  if (kind === 'anomaly' || threshold <= 0 || value <= threshold) return null;
  return `${amount(value / threshold)} times the limit`;
}

function stateRemark(incident) {
  if (incident.state === 'resolved') return resolveReasons[incident.resolve_reason] || '';
  const taken = incident.acknowledged_by ? `taken by ${incident.acknowledged_by}` : 'nobody has taken it yet';
  return incident.assignee ? `${taken}, assigned to ${incident.assignee}` : taken;
}

function figures(incident) {
  const since = incident.episode > 1 ? `episode ${incident.episode} at this place` : 'first time at this place';
  return h('div', {class: 'figures'},
    figure('Peak', incident.kind === 'anomaly' ? amount(incident.value) : `${amount(incident.value)} in ${incident.window}`,
      timesTheLimit(incident)),
    limitFigure(incident),
    figure('Since', moment(incident.started_at), clockTime(incident.started_at)),
    figure(incident.state === 'resolved' ? 'Lasted' : 'Open for', howLong(incident), since),
    figure('State', incident.state, stateRemark(incident)));
}

function flags(incident) {
  return Object.entries(flagWords).filter(([flag]) => incident[flag]).map(([flag, [title, text]]) =>
    h('div', {class: `note ${flag === 'blind' ? 'bad' : 'mild'}`}, h('strong', {}, `${title}. `), text));
}

function whatToDo({action, runbook_url: runbook, links: {kiali: Kiali, traces, grafana: Grafana}, techniques}) {
  const links = Object.entries({runbook, Kiali, traces, Grafana}).filter(([, url]) => url);
  return h('section', {class: 'card todo'}, h('h2', {}, 'What to do'),
    h('p', {class: 'action'}, action || 'No advice is written for this rule.'),
    links.length > 0 && h('p', {class: 'links'}, links.map(([name, url]) => [outward(url, `Open ${name}`), ' '])),
    techniques.length > 0 && h('p', {class: 'sub'}, 'MITRE ATT&CK: ', techniques.join(', ')));
}

// Stands beside what is refreshed, so that nobody loses half a sentence to a refresh.
function actionBar(id, changed) {
  const note = h('textarea', {id: 'note', rows: 2, maxlength: 4000,
    placeholder: 'What did you find? (optional, needed for a comment)'});
  const message = h('p', {class: 'error', role: 'alert'});
  const buttons = {};
  const act = async (verb) => {
    message.textContent = '';
    for (const button of Object.values(buttons)) button.disabled = true;
    const said = note.value.trim();
    try {
      await post(`incidents/${encodeURIComponent(id)}/${verb}`, said ? {note: said} : {});
      note.value = '';
    } catch (error) {
      message.textContent = error.message;
    }
    await changed();
  };
  const button = (verb, text, kind) => {
    buttons[verb] = h('button', {type: 'button', id: verb, class: kind, onclick: () => act(verb)}, text);
    return buttons[verb];
  };
  const element = h('section', {class: 'card act'}, h('label', {for: 'note'}, 'Note'), note,
    h('div', {class: 'buttons'}, button('acknowledge', 'Acknowledge', 'primary'), button('assign', 'Assign to me', ''),
      button('comment', 'Comment', ''), button('resolve', 'Resolve', 'danger')), message);
  const update = ({state}) => {
    const over = state === 'resolved';
    buttons.acknowledge.disabled = over || state === 'acknowledged';
    buttons.acknowledge.textContent = state === 'acknowledged' ? 'Acknowledged' : 'Acknowledge';
    buttons.assign.disabled = over;
    buttons.resolve.disabled = over;
    buttons.comment.disabled = false;
  };
  return {element, update};
}

export function incidentPage(frame, {argument: id, isCurrent}) {
  const top = h('div'), proof = h('div', {class: 'proof'});
  const bar = actionBar(id, () => refresh().catch(() => bar.update({})));
  let shown = '';

  async function refresh() {
    const incident = await get(`incidents/${encodeURIComponent(id)}`);
    if (!isCurrent()) return;
    bar.update(incident);
    const text = JSON.stringify(incident);
    if (text === shown) return;
    if (!shown) frame.replaceChildren(top, bar.element, proof);
    shown = text;
    document.title = `${incident.summary.slice(0, 80)} · Meshwarden`;
    redraw(top,
      h('nav', {class: 'crumbs'}, h('a', {href: '#/incidents'}, '← All incidents')),
      h('div', {class: `headline sev-edge-${incident.severity}`},
        h('div', {class: 'badges'}, severityBadge(incident.severity), stateBadge(incident.state),
          flagBadges(incident), h('code', {}, incident.rule)),
        h('h1', {}, incident.summary), whoToWhom(incident), figures(incident)),
      ...flags(incident), whatToDo(incident));
    redraw(proof, proofOf(incident));
  }
  return {refresh};
}
