// What Meshwarden tells of itself: its incidents, the topology that it learned, and what it can see.
import {learned} from './mesh_rows';
import {bars, barGauge, Column, lines, Row, stat, table, timeline, valueMapping} from './panels';
import {events, sumBy} from './promql';

const openState = valueMapping([
  {value: 1, text: 'open', color: 'red'},
  {value: 0, text: 'resolved', color: 'green'},
]);

function incidents(rules: string) {
  const identity = 'id, rule, severity, source, destination';
  const matcher = rules ? `{rule=~"${rules}"}` : '';
  return (
    `max by (${identity}) (meshwarden_incident_info${matcher})` +
    ` or 0 * max by (${identity}) (last_over_time(meshwarden_incident_info${matcher}[$__range]))`
  );
}

const incidentColumns: Column[] = [
  {name: 'Value', label: 'State', width: 90, mapping: openState},
  {name: 'severity', label: 'Severity', width: 90},
  {name: 'rule', label: 'Rule', width: 190},
  {name: 'source', label: 'Source'},
  {name: 'destination', label: 'Destination'},
  {
    name: 'id',
    label: 'Incident',
    link: {title: 'Open in the console', url: '${console}/#/incidents/${__data.fields.Incident}'},
  },
];

// A stat that is 0 only while Meshwarden answers.
function orZero(expression: string): string {
  return `${expression} or 0 * sum(meshwarden_watchdog)`;
}

export const now: Row = {
  title: 'Now',
  panels: [
    stat(
      {
        title: 'Open incidents',
        description: 'Incidents that are not resolved, by severity.',
        width: 10,
        height: 4,
        queries: [{expr: 'sum by (severity) (meshwarden_incidents_open)', legend: '{{severity}}', instant: true}],
      },
      [
        {color: 'green', value: null},
        {color: 'orange', value: 1},
      ],
    ),
    stat(
      {
        title: 'Blind signals',
        width: 4,
        height: 4,
        description:
          'Signals that Meshwarden cannot see: what they would show is unknown, not zero. The row "Sight" names ' +
          'them.',
        queries: [{expr: orZero('sum(meshwarden_signal_state{state="blind"} == 1)'), legend: 'blind', instant: true}],
      },
      [
        {color: 'green', value: null},
        {color: 'red', value: 1},
      ],
    ),
    stat(
      {
        title: 'Last good poll',
        width: 5,
        height: 4,
        description: 'How long ago Meshwarden last got a full answer of each Prometheus.',
        queries: [
          {
            expr: 'time() - max by (prometheus) (meshwarden_last_good_poll_timestamp_seconds)',
            legend: '{{prometheus}}',
            instant: true,
          },
        ],
      },
      [
        {color: 'green', value: null},
        {color: 'yellow', value: 60},
        {color: 'red', value: 180},
      ],
      's',
    ),
    stat(
      {
        title: 'Notices waiting',
        description: 'Messages that a target has not taken yet.',
        width: 5,
        height: 4,
        queries: [{expr: orZero('sum(meshwarden_outbox_pending)'), legend: 'waiting', instant: true}],
      },
      [
        {color: 'green', value: null},
        {color: 'yellow', value: 5},
        {color: 'red', value: 50},
      ],
    ),
    table(
      {
        title: 'Incidents, open ones first',
        description:
          'Open incidents, and those of the time range that are resolved. The incident leads to its page in the ' +
          'console.',
        width: 24,
        height: 9,
        queries: [{expr: incidents(''), instant: true, table: true}],
      },
      incidentColumns,
      'State',
    ),
  ],
};

export const topology: Row = {
  title: 'Topology changes',
  panels: [
    bars({
      title: 'Topology changes: new edges',
      width: 8,
      description: 'Edges that Meshwarden saw for the first time; after a first start, the learning.',
      queries: [{expr: `sum(${events('meshwarden_edges_new_total')})`, legend: 'new edges'}],
    }),
    lines({
      title: 'Edges known',
      description: 'Who calls whom, as far as it was ever seen, by protocol.',
      width: 6,
      queries: [{expr: 'sum by (protocol) (meshwarden_edges)', legend: '{{protocol}}'}],
    }),
    table(
      {
        title: 'Who took new edges',
        description: 'Incidents of the learned rules in the time range.',
        width: 10,
        queries: [{expr: incidents(learned), instant: true, table: true}],
      },
      incidentColumns,
      'State',
    ),
  ],
};

function held(metric: string, states: [string, number][], by: string): string {
  const numbered = states.map(([state, value]) => `(${metric}{state="${state}"} == 1) * ${value}`);
  return `max by (${by}) (${numbered.join(' or ')})`;
}

export const sight: Row = {
  title: 'Sight',
  panels: [
    timeline(
      {
        title: 'Blind signals',
        width: 14,
        height: 10,
        description:
          'The state of every signal: observed; zero, which is proven (the metric is there); blind, of which ' +
          'nothing is known. ' +
          'The console names the cause and the setting that mends it.',
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
      [
        {value: 1, text: 'zero, proven', color: 'green'},
        {value: 2, text: 'observed', color: 'blue'},
        {value: 3, text: 'blind', color: 'red'},
      ],
    ),
    barGauge(
      {
        title: 'Coverage',
        description: 'Share of the targets that ought to show a signal and do.',
        width: 10,
        height: 10,
        queries: [
          {
            expr: 'min by (prometheus, signal) (meshwarden_signal_coverage_ratio)',
            legend: '{{signal}}',
            instant: true,
          },
        ],
      },
      [
        {color: 'red', value: null},
        {color: 'yellow', value: 0.5},
        {color: 'green', value: 0.999},
      ],
      'percentunit',
    ),
    timeline(
      {
        title: 'Rules',
        width: 24,
        height: 10,
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
    ),
  ],
};

export const itself: Row = {
  title: 'Meshwarden itself',
  panels: [
    lines(
      {
        title: 'Ticks',
        description:
          'Polls of each Prometheus by result. Partial: something could not be read, and nothing resolves on it.',
        width: 8,
        queries: [
          {
            expr: sumBy(['prometheus', 'result'], 'rate(meshwarden_ticks_total[$__rate_interval])'),
            legend: '{{prometheus}} {{result}}',
          },
        ],
      },
      'ops',
    ),
    lines(
      {
        title: 'Duration of a tick',
        description: 'From the poll to the commit, 99 of 100 ticks.',
        width: 8,
        queries: [
          {
            expr:
              'histogram_quantile(0.99, sum by (prometheus, le) ' +
              '(rate(meshwarden_tick_duration_seconds_bucket[$__rate_interval])))',
            legend: '{{prometheus}}',
          },
        ],
      },
      's',
    ),
    bars({
      title: 'Notices',
      description: 'Messages to targets by result.',
      width: 8,
      queries: [
        {
          expr: sumBy(['target', 'result'], events('meshwarden_notifications_total')),
          legend: '{{target}} {{result}}',
        },
      ],
    }),
  ],
};
