// What Meshwarden can see, and why not: beside every topic, and in full.
import {barGauge, Link, Row, Spec, stat, State, timeline, valueMapping} from './panels';
import {table} from './tables';

const blindNow = 'meshwarden_signal_blind_info';
const signalsPage: Link = {title: 'Cause and remedy in the console', url: '${console}/#/signals'};

const signalStates: State[] = [
  {value: 1, text: 'none, proven', color: 'green'},
  {value: 2, text: 'seen', color: 'blue'},
  {value: 3, text: 'BLIND', color: 'red'},
];

/** The state of the signals that a row of panels rests on. */
export function canItBeSeen(signals: string, height: number): Spec {
  const matcher = `signal=~"${signals}"`;
  const states =
    `(meshwarden_signal_state{${matcher},state="zero"} == 1) or ` +
    `(meshwarden_signal_state{${matcher},state="observed"} == 1) * 2 or (${blindNow}{${matcher}} == 1) * 3`;
  return stat(
    {
      title: 'Can it be seen?',
      description:
        'What Meshwarden saw of the signals of this row just now. None, proven: the metric is there and did not ' +
        'move. BLIND: the empty panels beside mean nothing; the word is the cause, and a click leads to the setting that ' +
        'mends it.',
      width: 4,
      height,
      links: [signalsPage],
      queries: [{expr: `max by (signal, cause) (${states})`, legend: '{{signal}} {{cause}}', instant: true}],
    },
    [{color: 'red', value: null}],
    {mappings: [valueMapping(signalStates)]},
  );
}

function held(metric: string, states: [string, number][], by: string): string {
  const numbered = states.map(([state, value]) => `(${metric}{state="${state}"} == 1) * ${value}`);
  return `max by (${by}) (${numbered.join(' or ')})`;
}

const causes: Record<string, string> = {
  not_exposed: 'the metric is on too few targets: a setting hides it, or they are not scraped',
  unreachable: 'Prometheus does not answer',
  timeout: 'Prometheus took longer than `timeout`',
  query_failed: 'Prometheus refused the question, or was not asked yet',
  partial: 'Prometheus said that its answer is not whole',
  too_many_series: 'more series than may be read',
  no_answer: 'Meshwarden does not answer: nothing is known of any signal',
};

function textMapping(texts: Record<string, string>) {
  const options = Object.entries(texts).map(([code, text], index) => [code, {text: `${code}: ${text}`, index}]);
  return {type: 'value', options: Object.fromEntries(options)} as ReturnType<typeof valueMapping>;
}

const whyBlind = table(
  {
    title: 'Why there is no data',
    description:
      'Every blind signal with its cause. What a blind signal would show is unknown, not zero, and its rules judge ' +
      'nothing. The console names the targets and gives the setting to change.',
    width: 12,
    height: 8,
    nothing: 'no signal is blind',
    queries: [
      {
        expr:
          `max by (prometheus, signal, cause) (${blindNow} == 1) or ` +
          'label_replace(label_replace(absent(meshwarden_watchdog), "cause", "no_answer", "", ""), ' +
          '"signal", "all", "", "")',
        instant: true,
        table: true,
      },
    ],
  },
  [
    {name: 'signal', label: 'Signal', width: 190, link: signalsPage},
    {name: 'cause', label: 'Cause', mapping: textMapping(causes)},
    {name: 'prometheus', label: 'Prometheus', width: 130},
    {name: 'Value', label: 'Value', hidden: true},
  ],
  'Signal',
);

const overTime = timeline(
  {
    title: 'Signals over time',
    width: 14,
    height: 10,
    description:
      'The state of every signal: seen; none, which is proven (the metric is there); blind, of which nothing is known.',
    queries: [
      {
        expr: held(
          'meshwarden_signal_state',
          [
            ['zero', 1],
            ['observed', 2],
            ['blind', 3],
          ],
          'prometheus, signal',
        ),
        legend: '{{signal}} ({{prometheus}})',
      },
    ],
  },
  signalStates,
);

const coverage = barGauge(
  {
    title: 'Coverage',
    description: 'Share of the targets that ought to show a signal and do.',
    width: 10,
    height: 10,
    links: [signalsPage],
    queries: [
      {expr: 'min by (prometheus, signal) (meshwarden_signal_coverage_ratio)', legend: '{{signal}}', instant: true},
    ],
  },
  [
    {color: 'red', value: null},
    {color: 'yellow', value: 0.5},
    {color: 'green', value: 0.999},
  ],
  'percentunit',
);

const rules = timeline(
  {
    title: 'Rules',
    width: 12,
    height: 8,
    description: 'The state of every rule. A blind rule judges nothing: its silence means nothing.',
    queries: [
      {
        expr: held(
          'meshwarden_rule_state',
          [
            ['off', 0],
            ['ok', 1],
            ['firing', 2],
            ['blind', 3],
          ],
          'rule',
        ),
        legend: '{{rule}}',
      },
    ],
  },
  [
    {value: 0, text: 'off', color: '#808080'},
    {value: 1, text: 'ok', color: 'green'},
    {value: 2, text: 'firing', color: 'orange'},
    {value: 3, text: 'blind', color: 'red'},
  ],
);

export const sight: Row = {title: 'Sight', panels: [whyBlind, rules, overTime, coverage]};
