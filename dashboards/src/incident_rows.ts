// Incidents as Meshwarden's own metrics tell of them. Open ones are at most 1,000, the newest.
import {learned} from './mesh_rows';
import {incidentTable, noIncident, open, resolved, severities} from './incident_tables';
import {bars, inSteps, lines, noneCounted, Row, stat, timeline} from './panels';
import {events, inRange, sumBy} from './promql';
import {inPlace} from './variables';

const chosen = 'severity=~"$severity",rule=~"$rule"';

// A stat that is 0 only while Meshwarden answers, or while it shows the metric named.
function orZero(expression: string, proof = 'meshwarden_watchdog'): string {
  return `${expression} or 0 * sum(${proof})`;
}

const greenTo = (steps: [string, number][]) => [
  {color: 'green', value: null},
  ...steps.map(([color, value]) => ({color, value})),
];

const openBySeverity = (width: number) =>
  stat(
    {
      title: 'Open incidents',
      description: 'Incidents that are not resolved, by severity. Of the whole mesh, whatever is chosen above.',
      width,
      height: 4,
      nothing: 'unknown: Meshwarden or its database does not answer',
      queries: [{expr: 'sum by (severity) (meshwarden_incidents_open)', legend: '{{severity}}', instant: true}],
    },
    greenTo([['orange', 1]]),
  );

export const lastGoodPoll = (width: number) =>
  stat(
    {
      title: 'Last good poll',
      width,
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
    greenTo([
      ['yellow', 60],
      ['red', 180],
    ]),
    {unit: 's'},
  );

const waiting = (width: number) =>
  stat(
    {
      title: 'Notices waiting',
      description: 'Messages that a target has not taken yet.',
      width,
      height: 4,
      queries: [{expr: orZero('sum(meshwarden_outbox_pending)'), legend: 'waiting', instant: true}],
    },
    greenTo([
      ['yellow', 5],
      ['red', 50],
    ]),
  );

export const now: Row = {
  title: 'Now',
  panels: [
    openBySeverity(10),
    stat(
      {
        title: 'Blind signals',
        width: 4,
        height: 4,
        description:
          'Signals that Meshwarden cannot see: what they would show is unknown, not zero. The row "Sight" says why.',
        links: [{title: 'Cause and remedy in the console', url: '${console}/#/signals'}],
        queries: [{expr: orZero('sum(meshwarden_signal_state{state="blind"} == 1)'), legend: 'blind', instant: true}],
      },
      greenTo([['red', 1]]),
    ),
    lastGoodPoll(5),
    waiting(5),
    incidentTable(
      'Incidents, open ones first',
      'Open incidents, and those of the time range that are resolved, of the chosen namespaces whatever service is ' +
        'chosen; those whose destination is not known are always shown. The incident leads to its page in the console.',
      24,
      `${open(inPlace)} or ${resolved(inPlace)}`,
    ),
  ],
};

export const topology: Row = {
  title: 'Topology changes',
  panels: [
    bars({
      title: 'Topology changes: new edges',
      nothing: noneCounted,
      width: 8,
      description: 'Edges that Meshwarden saw for the first time; after a first start, the learning.',
      queries: [{expr: `sum(${events('meshwarden_edges_new_total')})`, legend: 'new edges'}],
    }),
    lines({
      title: 'Edges known',
      width: 6,
      description: 'Edges of the learned topology, by protocol.',
      queries: [{expr: 'sum by (protocol) (meshwarden_edges)', legend: '{{protocol}}'}],
    }),
    {
      ...incidentTable(
        'Who took new edges',
        'Incidents of the learned rules, open ones and those of the time range, of the chosen namespaces.',
        10,
        `${open(`rule=~"${learned}",${inPlace}`)} or ${resolved(`rule=~"${learned}",${inPlace}`)}`,
      ),
      height: 8,
    },
  ],
};

export const openNow: Row = {
  title: 'Open now',
  panels: [
    openBySeverity(10),
    stat(
      {
        title: 'Nobody has acknowledged',
        description: 'Open incidents of the chosen severities and rules that nobody has taken yet.',
        width: 4,
        height: 4,
        queries: [
          {
            expr: orZero(
              `count(max by (id) (meshwarden_incident_info{state="open",${chosen}}))`,
              'meshwarden_incidents_open',
            ),
            legend: 'open',
            instant: true,
          },
        ],
      },
      greenTo([['orange', 1]]),
    ),
    stat(
      {
        title: 'Oldest open one',
        description: 'Since when the oldest of the chosen open incidents goes on.',
        width: 5,
        height: 4,
        nothing: noIncident,
        queries: [{expr: `time() - min(${open(chosen)})`, legend: 'since', instant: true}],
      },
      greenTo([['orange', 14400]]),
      {unit: 's'},
    ),
    lastGoodPoll(5),
    incidentTable('Open incidents, each', 'The incident leads to its page in the console.', 24, open(chosen)),
  ],
};

const severityOf = severities
  .map(({value, text}) => `meshwarden_incident_info{severity="${text}",${chosen}} * ${value}`)
  .join(' or ');

export const overTime: Row = {
  title: 'Over time',
  panels: [
    timeline(
      {
        title: 'Timeline',
        description: 'Each incident while Meshwarden listed it as open, coloured by its severity.',
        width: 24,
        height: 11,
        nothing: noIncident,
        links: [
          {title: 'Open in the console', url: '${console}/#/incidents/${__field.labels.id:percentencode}'},
        ],
        queries: [{expr: `max by (id, rule, destination) (${severityOf})`, legend: '{{rule}} {{destination}}'}],
      },
      severities,
      20,
    ),
    bars({
      title: 'Opened, by rule',
      nothing: noneCounted,
      width: 12,
      description: 'Incidents opened or reopened, each once.',
      queries: [{expr: sumBy(['rule'], events(`meshwarden_incidents_opened_total{${chosen}}`)), legend: '{{rule}}'}],
    }),
    bars({
      title: 'Opened, by severity',
      nothing: noneCounted,
      width: 12,
      description: 'The same, by the severity that they began with.',
      queries: [
        {expr: sumBy(['severity'], events(`meshwarden_incidents_opened_total{${chosen}}`)), legend: '{{severity}}'},
      ],
    }),
    incidentTable(
      'Resolved in this range',
      'Incidents that were open at some time of the range and are not any more, with the gravest severity that they ' +
        'had: of each Meshwarden that lists all its open incidents now.',
      24,
      resolved(chosen),
    ),
  ],
};

const told = inRange(sumBy(['target', 'le'], events('meshwarden_time_to_tell_seconds_bucket')));

export const telling: Row = {
  title: 'Telling people',
  panels: [
    inSteps(
      stat(
        {
          title: 'Time to tell',
          description:
            "From an incident's first event until a target took the first notice of it: half of the incidents told " +
            'in the range, and 95 of 100. The interval of the scrape and of the poll are part of it.',
          width: 6,
          nothing: 'nothing was told in this range, if Meshwarden answers',
          queries: [0.5, 0.95].map(quantile => ({
            expr: `histogram_quantile(${quantile}, ${told}) > 0`,
            legend: `{{target}}, ${quantile * 100} %`,
            instant: true,
          })),
        },
        greenTo([
          ['yellow', 60],
          ['red', 300],
        ]),
        {unit: 's'},
      ),
    ),
    bars({
      title: 'Notices',
      nothing: noneCounted,
      description: 'Tries to tell each target, by result: delivered, retry (this try failed), dead (given up).',
      width: 10,
      queries: [
        {
          expr: sumBy(['target', 'result'], events('meshwarden_notifications_total')),
          legend: '{{target}} {{result}}',
        },
      ],
    }),
    lines({
      title: 'Waiting and given up',
      description: 'Notices that wait for a target, and dead letters: given up after a final answer or a day of tries.',
      width: 8,
      queries: [
        {expr: sumBy(['target'], 'meshwarden_outbox_pending'), legend: '{{target}} waiting'},
        {expr: sumBy(['target'], 'meshwarden_dead_letters'), legend: '{{target}} given up'},
      ],
    }),
  ],
};
