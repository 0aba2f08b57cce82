// One incident, for somebody who was woken by it: what, who, since when, how much, what to do; then the proof.
import {get, post} from './api.js';
import {empty, h, outward, table} from './dom.js';
import {sparkline} from './sparkline.js';
import {amount, badge, clockTime, destinationOf, eventWords, flagBadges, flagWords, moment, plural, reasonWords,
  resolveReasons, severityBadge, sourceOf, span, stateBadge} from './words.js';

const section = (title, ...content) => h('section', {class: 'card'}, h('h2', {}, title), content);

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
  if (!destination) return h('div', {class: 'parties'}, party('Where', sourceOf(incident.labels) || cluster || 'the mesh', ''));
  return h('div', {class: 'parties'}, party('From', source, remark), h('div', {class: 'arrow', 'aria-label': 'to'}, '→'),
    party('To', destination, cluster));
}

function figure(label, value, remark) {
  return h('div', {class: 'figure'}, h('div', {class: 'label'}, label), h('div', {class: 'value'}, value),
    remark && h('div', {class: 'sub'}, remark));
}

function howLong(incident) {
  const end = incident.resolved_at ? Date.parse(incident.resolved_at) : Date.now();
  return span((end - Date.parse(incident.started_at)) / 1000);
}

// What is learned has no limit: being new is what is odd about it.
function limitFigure({kind, threshold, window}) {
  if (kind === 'anomaly') return figure('Limit', 'learned', 'unlike what was seen before');
  return figure('Limit', `more than ${amount(threshold)}`, `in ${window}, as evaluated`);
}

function figures(incident) {
  const limit = incident.threshold;
  const times = incident.kind !== 'anomaly' && limit > 0 && incident.value > limit ? `${amount(incident.value / limit)} times the limit` : null;
  const state = incident.state === 'resolved' ? `resolved: ${resolveReasons[incident.resolve_reason] || ''}`
    : incident.acknowledged_by ? `taken by ${incident.acknowledged_by}` : 'nobody has taken it yet';
  return h('div', {class: 'figures'},
    figure('Peak', `${amount(incident.value)} in ${incident.window}`, times),
    limitFigure(incident),
    figure('Since', moment(incident.started_at), clockTime(incident.started_at)),
    figure(incident.state === 'resolved' ? 'Lasted' : 'Open for', howLong(incident),
      incident.episode > 1 ? `episode ${incident.episode} at this place` : 'first time at this place'),
    figure('State', incident.state, incident.assignee ? `${state}, assigned to ${incident.assignee}` : state));
}

function flags(incident) {
  return Object.keys(flagWords).filter((flag) => incident[flag]).map((flag) =>
    h('div', {class: `note ${flag === 'blind' ? 'bad' : 'mild'}`}, h('strong', {}, `${flagWords[flag][0]}. `), flagWords[flag][1]));
}

function whatToDo(incident) {
  const links = Object.entries({runbook: incident.runbook_url, Kiali: incident.links.kiali, traces: incident.links.traces,
    Grafana: incident.links.grafana}).filter(([, url]) => url);
  return h('section', {class: 'card todo'}, h('h2', {}, 'What to do'),
    h('p', {class: 'action'}, incident.action || 'No advice is written for this rule.'),
    links.length > 0 && h('p', {class: 'links'}, links.map(([name, url]) => [outward(url, `Open ${name}`), ' '])),
    incident.techniques.length > 0 && h('p', {class: 'sub'}, 'MITRE ATT&CK: ', incident.techniques.join(', ')));
}

function topSources(evidence) {
  if (!evidence.top_sources.length) return null;
  const most = Math.max(...evidence.top_sources.map(({value}) => value || 0)) || 1;
  const columns = [{title: 'Source', class: 'wide'}, {title: 'Count', class: 'number'}, {title: 'Share of the first', class: 'bar'}];
  const rows = evidence.top_sources.map(({labels, value}) => ({cells: [
    [sourceOf(labels) || 'unknown', h('div', {class: 'sub'}, labels.source_principal || labels.reason || '')], amount(value),
    h('meter', {min: 0, max: most, value: value || 0}, amount(value))]}));
  return section('Who did it', table(columns, rows, 'Top sources'));
}

function metricText(metric) {
  const {__name__: name = '', ...labels} = metric;
  const inner = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(', ');
  return [h('strong', {}, name), `{${inner}}`];
}

function evidenceSection(evidence) {
  const columns = [{title: 'Series', class: 'wide'}, {title: 'Rose by', class: 'number'}, {title: 'Samples', class: 'chart'}];
  const rows = evidence.series.map((series) => ({cells: [
    h('code', {class: 'metric'}, metricText(series.metric)), amount(series.increment), sparkline(series.points)]}));
  return section('Evidence, as it was', h('p', {class: 'sub'}, `Kept at ${clockTime(evidence.taken_at)}; it stays when Prometheus forgets.`),
    (evidence.notes || []).map((note) => h('p', {class: 'note plain'}, note)),
    rows.length ? table(columns, rows, 'Evidence') : h('p', {class: 'dim'}, 'There are no series: this finding is about what was missing.'),
    evidence.truncated && h('p', {class: 'note mild'}, 'There was more than is kept: only the largest series are shown.'),
    h('details', {}, h('summary', {}, 'The rule as it was evaluated'), h('dl', {class: 'facts'},
      Object.entries(evidence.rule).map(([key, value]) => [h('dt', {}, key), h('dd', {}, typeof value === 'string' ? value : JSON.stringify(value))]))));
}

function timeline(events) {
  return section('What happened since', h('ol', {class: 'timeline'}, events.map((event) => h('li', {class: `event-${event.event}`},
    h('div', {class: 'when'}, clockTime(event.at)),
    h('div', {}, h('strong', {}, eventWords[event.event] || event.event), event.by ? ` by ${event.by}` : '',
      event.note && h('p', {class: 'said'}, event.note))))));
}

function noticeText(notice) {
  if (notice.state === 'delivered') return badge('ok', notice.attempts > 1 ? `arrived at try ${notice.attempts}` : 'arrived');
  if (notice.state === 'dead') return badge('bad', 'given up');
  return badge('pending', notice.attempts ? `trying, ${notice.attempts} so far` : 'on its way');
}

function notices(list) {
  if (!list.length) return section('Whom we told', empty('Nobody', 'No target is configured for this kind of incident.'));
  const columns = [{title: 'Target'}, {title: 'Told', class: 'wide'}, {title: 'Worked?', class: 'narrow'}, {title: 'When', class: 'narrow'}];
  return section('Whom we told', table(columns, list.map((notice) => ({cells: [
    notice.target, [reasonWords[notice.reason] || notice.reason, notice.error && h('div', {class: 'error'}, notice.error)],
    noticeText(notice), moment(notice.at)]})), 'Notices'));
}

function identity(incident) {
  const facts = {rule: incident.rule, kind: incident.kind, id: incident.id, fingerprint: incident.fingerprint,
    episode: incident.episode, findings: incident.findings, opened: clockTime(incident.opened_at),
    updated: clockTime(incident.updated_at), ...incident.labels};
  return h('details', {class: 'card'}, h('summary', {}, 'All labels and keys'),
    h('dl', {class: 'facts'}, Object.entries(facts).map(([key, value]) => [h('dt', {}, key), h('dd', {}, value)])));
}

// Stands beside what is refreshed, so that nobody loses half a sentence to a refresh.
function actionBar(id, changed) {
  const note = h('textarea', {id: 'note', rows: 2, maxlength: 4000, placeholder: 'What did you find? (optional, needed for a comment)'});
  const message = h('p', {class: 'error', role: 'alert'});
  const buttons = {};
  const act = async (verb) => {
    message.textContent = '';
    for (const button of Object.values(buttons)) button.disabled = true;
    try {
      await post(`incidents/${encodeURIComponent(id)}/${verb}`, note.value.trim() ? {note: note.value.trim()} : {});
      note.value = '';
    } catch (error) {
      message.textContent = error.message;
    }
    await changed();
  };
  const button = (verb, text, kind) => (buttons[verb] = h('button', {type: 'button', id: verb, class: kind, onclick: () => act(verb)}, text));
  const element = h('section', {class: 'card act'}, h('label', {for: 'note'}, 'Note'), note,
    h('div', {class: 'buttons'}, button('acknowledge', 'Acknowledge', 'primary'), button('assign', 'Assign to me', ''),
      button('comment', 'Comment', ''), button('resolve', 'Resolve', 'danger')), message);
  const update = (incident) => {
    const over = incident.state === 'resolved';
    buttons.acknowledge.disabled = over || incident.state === 'acknowledged';
    buttons.acknowledge.textContent = incident.state === 'acknowledged' ? 'Acknowledged' : 'Acknowledge';
    buttons.assign.disabled = over;
    buttons.resolve.disabled = over;
    buttons.comment.disabled = false;
  };
  return {element, update};
}

export function incidentPage(frame, {argument: id, isCurrent}) {
  const top = h('div'), proof = h('div', {class: 'proof'});
  const bar = actionBar(id, () => refresh());
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
    top.replaceChildren(
      h('nav', {class: 'crumbs'}, h('a', {href: '#/incidents'}, '← All incidents')),
      h('div', {class: `headline sev-edge-${incident.severity}`},
        h('div', {class: 'badges'}, severityBadge(incident.severity), stateBadge(incident.state), flagBadges(incident), h('code', {}, incident.rule)),
        h('h1', {}, incident.summary), whoToWhom(incident), figures(incident)),
      ...flags(incident), whatToDo(incident));
    const open = new Set([...proof.querySelectorAll('details[open] > summary')].map((each) => each.textContent));
    proof.replaceChildren(...[topSources(incident.evidence), evidenceSection(incident.evidence), timeline(incident.timeline),
      notices(incident.notices), identity(incident)].filter(Boolean));
    for (const summary of proof.querySelectorAll('summary')) summary.parentElement.open = open.has(summary.textContent);
  }
  return {refresh};
}
