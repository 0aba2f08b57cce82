// What can be seen and what cannot, with the setting that would mend it.
import {get} from './api.js';
import {copyText, empty, h, redraw} from './dom.js';
import {amount, badge, moment, plural} from './words.js';

const order = {blind: 0, observed: 1, zero: 2};
const stateWords = {
  blind: 'Cannot be seen. Nothing that depends on it would be noticed.',
  observed: 'Seen, and something happened.',
  zero: 'Seen, and nothing happened: the metric is there and stands still.',
};

const isPartial = ({covered, expected, state}) => state !== 'blind' && covered < expected;

function coverage(signal) {
  const {covered, expected} = signal;
  if (!expected) return null;
  const partial = isPartial(signal);
  return h('div', {class: `coverage ${partial ? 'partial' : ''}`},
    h('meter', {min: 0, max: expected, value: covered, 'aria-label': 'coverage'}),
    h('span', {}, `seen on ${amount(covered)} of ${plural(expected, 'target', 'targets')}`, partial && ': partial'));
}

function fix({text, yaml}) {
  if (!text && !yaml) return null;
  const shown = h('pre', {tabindex: 0}, yaml);
  const copy = h('button', {type: 'button', class: 'quiet', onclick: () => copyText(shown.textContent, copy)}, 'Copy');
  return h('div', {class: 'fix'}, h('h3', {}, 'What mends it'), text && h('p', {}, text),
    yaml && h('div', {class: 'yaml'}, copy, shown));
}

function card(signal) {
  const needsHelp = signal.state === 'blind' || signal.covered < signal.expected;
  const kind = isPartial(signal) ? 'partial' : signal.state;
  const key = `${signal.prometheus} ${signal.signal}`;
  return h('article', {class: `card signal ${kind}`, 'data-signal': signal.signal, 'data-key': key},
    h('header', {}, h('h2', {}, signal.signal), badge(`sight-${signal.state}`, signal.state),
      h('span', {class: 'sub'}, signal.prometheus, ', checked ', moment(signal.checked_at))),
    h('p', {}, stateWords[signal.state] || '', signal.state === 'observed' &&
      h('span', {}, ` ${amount(signal.value)} in the last minute.`)),
    coverage(signal),
    signal.possibly_missed && h('p', {class: 'note mild'}, 'Counting began midway: earlier events may be missing.'),
    signal.cause.text && h('p', {class: 'note bad'}, h('strong', {}, 'Why: '), signal.cause.text),
    h('p', {class: 'sub'}, signal.rules.length ? 'Rules: ' : 'No rule uses it.',
      signal.rules.map((rule) => [h('code', {}, rule), ' '])),
    needsHelp && fix(signal.fix));
}

export function signalsPage(frame, {isCurrent}) {
  const list = h('div', {class: 'signals'}), summary = h('p', {class: 'lead'});
  async function refresh() {
    const {signals} = await get('signals');
    if (!isCurrent()) return;
    const blind = signals.filter(({state}) => state === 'blind').length;
    redraw(summary, blind
      ? `${plural(blind, 'signal', 'signals')} of ${signals.length} cannot be seen. Silence there is not calm.`
      : `All ${signals.length} signals can be seen: where it says zero, it is zero.`);
    const sorted = [...signals].sort((a, b) => order[a.state] - order[b.state] || a.signal.localeCompare(b.signal));
    redraw(list, signals.length ? sorted.map(card) : empty('No signals yet', 'Nothing has been read so far.'));
  }
  frame.replaceChildren(h('h1', {}, 'Signals'), summary, list);
  return {refresh};
}
