// Saying things as a tired person wants to hear them.
import {h} from './dom.js';

const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];

export function span(seconds) {
  const rest = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([, size]) => rest >= size);
  if (first < 0) return '0 s';
  const [name, size] = units[first];
  const count = Math.floor(rest / size);
  const next = units[first + 1];
  const more = next && count < 10 ? Math.floor((rest % size) / next[1]) : 0;
  return more ? `${count} ${name} ${more} ${next[0]}` : `${count} ${name}`;
}

const lengths = {ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000};

// Of a duration as Prometheus writes it: 1m30s.
export const seconds = (text) => [...text.matchAll(/(\d+)(ms|[smhdwy])/g)]
  .reduce((sum, [, count, unit]) => sum + count * lengths[unit], 0);

const lasted = (text) => span((Date.now() - Date.parse(text)) / 1000);
const ago = (text) => `${lasted(text)} ago`;

// A moment: how long ago, with the exact UTC time on hover. Kept fresh by tickTimes.
export function moment(text) {
  if (!text || text.startsWith('0001')) return h('span', {class: 'dim'}, 'never');
  return h('time', {datetime: text, title: text.replace('T', ' ').replace('Z', ' UTC'), 'data-ago': true}, ago(text));
}

// How long something has been going on; fresh as well.
export function lasting(text) {
  return h('time', {datetime: text, 'data-lasting': true}, lasted(text));
}

// Where it reads the same nothing is touched: a selection may end there.
export function tickTimes() {
  for (const each of document.querySelectorAll('time')) {
    const text = 'ago' in each.dataset ? ago(each.dateTime) : lasted(each.dateTime);
    if (each.textContent !== text) each.textContent = text;
  }
}

export const clockTime = (text) => text.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');

export function amount(value) {
  if (value === null || value === undefined) return 'unknown';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toLocaleString('en', {maximumSignificantDigits: 3});
}

export const plural = (count, one, many) => `${amount(count)} ${count === 1 ? one : many}`;

const joined = (...parts) => parts.filter(Boolean).join('/');

export function sourceOf(labels) {
  return joined(labels.source_namespace, labels.source_workload) || labels.source_principal || '';
}

export function destinationOf(labels) {
  const name = labels.destination_service || labels.destination_workload;
  return joined(labels.destination_namespace, name) || labels.pod || '';
}

export const resolveReasons = {
  quiet: 'it is calm again',
  user: 'a person resolved it',
  rule_removed: 'its rule was removed from the configuration',
};

export const eventWords = {
  opened: 'Opened', peaked: 'Reached a new high', escalated: 'Became more severe', acknowledged: 'Acknowledged',
  commented: 'Comment', assigned: 'Assigned', silenced: 'Silenced', resolved: 'Resolved', reopened: 'Started again',
  blinded: 'Lost from sight', sighted: 'In sight again', reminded: 'Still open, told again',
};

export const reasonWords = {
  opened: 'that it opened', escalated: 'that it became more severe', still_open: 'that it is still open',
  resolved: 'that it is resolved', acknowledged: 'that somebody has it',
};

export const flagWords = {
  blind: ['Out of sight', 'The telemetry behind this incident is missing at the moment, so nobody can say whether it ' +
    'goes on. It stays open until it can be seen again: silence is not calm. The Signals page says what is missing.'],
  late: ['Seen late', 'It was calm again before Meshwarden could look, for example because Prometheus or Meshwarden ' +
    'itself was down. It is told all the same, with the exact figures.'],
  flapping: ['Flapping', 'It stops and starts again and again. It is held as one incident, so that you are not told ' +
    'of every swing.'],
};

export const badge = (kind, text) => h('span', {class: `badge ${kind}`}, text);
export const severityBadge = (severity) => badge(`sev-${severity}`, severity);
export const stateBadge = (state) => badge(`state-${state}`, state);
export const flagBadges = (incident) => Object.keys(flagWords).filter((flag) => incident[flag])
  .map((flag) => h('span', {class: 'badge flag', title: flagWords[flag][1]}, flagWords[flag][0].toLowerCase()));
