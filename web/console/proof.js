// What stands behind an incident: its sources, the frozen evidence, its history, and whom we told.
import {empty, h, table} from './dom.js';
import {sparkline} from './sparkline.js';
import {amount, badge, clockTime, eventWords, moment, reasonWords, sourceOf} from './words.js';

const section = (title, ...content) => h('section', {class: 'card'}, h('h2', {}, title), content);

const facts = (entries) => h('dl', {class: 'facts'}, Object.entries(entries).map(([key, value]) =>
  [h('dt', {}, key), h('dd', {}, typeof value === 'object' ? JSON.stringify(value) : value)]));

const sourceColumns = [{title: 'Source', class: 'wide'}, {title: 'Count', class: 'number'},
  {title: 'Beside the first', class: 'bar'}];

function topSources({top_sources: sources}) {
  if (!sources.length) return null;
  const most = Math.max(...sources.map(({value}) => value || 0)) || 1;
  const rows = sources.map(({labels, value}) => ({cells: [
    [sourceOf(labels) || 'unknown', h('div', {class: 'sub'}, labels.source_principal || labels.reason || '')],
    amount(value), h('meter', {min: 0, max: most, value: value || 0}, amount(value))]}));
  return section('Who did it', table(sourceColumns, rows, 'Top sources'));
}

function metricText(metric) {
  const {__name__: name = '', ...labels} = metric;
  const inner = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(', ');
  return [h('strong', {}, name), `{${inner}}`];
}

const seriesColumns = [{title: 'Series', class: 'wide'}, {title: 'Rose by', class: 'number'},
  {title: 'Samples', class: 'chart'}];

function evidenceSection(evidence) {
  const rows = evidence.series.map((series) => ({cells: [
    h('code', {class: 'metric'}, metricText(series.metric)), amount(series.increment), sparkline(series.points)]}));
  const nothing = h('p', {class: 'dim'}, 'There are no series: this finding is about what was missing.');
  return section('Evidence, as it was',
    h('p', {class: 'sub'}, `Kept at ${clockTime(evidence.taken_at)}; it stays when Prometheus forgets.`),
    (evidence.notes || []).map((note) => h('p', {class: 'note plain'}, note)),
    rows.length ? table(seriesColumns, rows, 'Evidence') : nothing,
    evidence.truncated && h('p', {class: 'note mild'}, 'There was more than is kept: only the largest are shown.'),
    h('details', {}, h('summary', {}, 'The rule as it was evaluated'), facts(evidence.rule)));
}

function timelineEntry({at, event, by, note}) {
  return h('li', {class: `event-${event}`}, h('div', {class: 'when'}, clockTime(at)),
    h('div', {}, h('strong', {}, eventWords[event] || event), by ? ` by ${by}` : '',
      note && h('p', {class: 'said'}, note)));
}

function noticeState({state, attempts}) {
  if (state === 'delivered') return badge('ok', attempts > 1 ? `arrived at try ${attempts}` : 'arrived');
  if (state === 'dead') return badge('bad', 'given up');
  return badge('pending', attempts ? `trying, ${attempts} so far` : 'on its way');
}

const noticeColumns = [{title: 'Target'}, {title: 'Told', class: 'wide'}, {title: 'Worked?', class: 'narrow'},
  {title: 'When', class: 'narrow'}];

function notices(list) {
  if (!list.length) return section('Whom we told', empty('Nobody', 'No target is configured for this incident.'));
  const rows = list.map((notice) => ({cells: [notice.target,
    [reasonWords[notice.reason] || notice.reason, deliveryError(notice)], noticeState(notice), moment(notice.at)]}));
  return section('Whom we told', table(noticeColumns, rows, 'Notices'));
}

// The failure of an earlier try is history once it has arrived.
export function deliveryError({state, error}) {
  if (!error) return null;
  if (state === 'delivered') return h('div', {class: 'sub'}, `at first: ${error}`);
  return h('div', {class: 'error'}, error);
}

function identity(incident) {
  const {rule, kind, id, fingerprint, episode, findings, labels} = incident;
  return h('details', {class: 'card'}, h('summary', {}, 'All labels and keys'),
    facts({rule, kind, id, fingerprint, episode, findings, opened: clockTime(incident.opened_at),
      updated: clockTime(incident.updated_at), ...labels}));
}

export function proofOf(incident) {
  return [topSources(incident.evidence), evidenceSection(incident.evidence),
    section('What happened since', h('ol', {class: 'timeline'}, incident.timeline.map(timelineEntry))),
    notices(incident.notices), identity(incident)].filter(Boolean);
}
