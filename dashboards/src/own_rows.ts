// What Meshwarden costs and whether it does its work.
import {lastGoodPoll} from './incident_rows';
import {bars, lines, noneCounted, Row, stat} from './panels';
import {events, sumBy} from './promql';
import {table} from './tables';

const mine = '* on (job, instance) group_left () meshwarden_watchdog';

export const well: Row = {
  title: 'Is it well?',
  panels: [
    stat(
      {
        title: 'Answers',
        description: 'Whether Meshwarden answers the scrape of its metrics.',
        width: 4,
        height: 4,
        queries: [{expr: 'sum(meshwarden_watchdog) or vector(0)', legend: 'answers', instant: true}],
      },
      [{color: 'red', value: null}, {color: 'green', value: 1}],
    ),
    stat(
      {
        title: 'Up for',
        description: 'Since its start; it is built to be killed at any time.',
        width: 4,
        height: 4,
        queries: [{expr: `time() - process_start_time_seconds ${mine}`, legend: '{{instance}}', instant: true}],
      },
      [{color: 'orange', value: null}, {color: 'green', value: 300}],
      {unit: 's'},
    ),
    lastGoodPoll(5),
    stat(
      {
        title: 'Configuration',
        description: 'Whether the configuration file was good when it was last read; if not, the one before goes on.',
        width: 5,
        height: 4,
        queries: [{expr: 'min(meshwarden_config_last_reload_successful)', legend: 'file', instant: true}],
      },
      [{color: 'red', value: null}, {color: 'green', value: 1}],
      {
        mappings: [
          {type: 'value', options: {0: {text: 'refused, the old one goes on', index: 0}, 1: {text: 'good', index: 1}}},
        ] as never,
      },
    ),
    table(
      {
        title: 'Version',
        description: 'Every instance that is scraped, with its version.',
        width: 6,
        height: 4,
        queries: [{expr: 'max by (instance, version) (meshwarden_build_info)', instant: true, table: true}],
      },
      [
        {name: 'instance', label: 'Instance'},
        {name: 'version', label: 'Version'},
        {name: 'Value', label: 'Value', hidden: true},
      ],
      'Instance',
    ),
  ],
};

export const ticks: Row = {
  title: 'Ticks',
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
        description: 'From the poll to the commit: half of the ticks, and 99 of 100.',
        width: 8,
        queries: [0.5, 0.99].map(quantile => ({
          expr:
            `histogram_quantile(${quantile}, sum by (prometheus, le) ` +
            '(rate(meshwarden_tick_duration_seconds_bucket[$__rate_interval])))',
          legend: `{{prometheus}} ${quantile * 100} %`,
        })),
      },
      's',
    ),
    bars({
      title: 'Ticks left out',
      nothing: noneCounted,
      description:
        'Ticks that were not made since one before took too long. No event is lost by it: the next reads further back.',
      width: 8,
      queries: [{expr: sumBy(['prometheus'], events('meshwarden_ticks_missed_total')), legend: '{{prometheus}}'}],
    }),
  ],
};

export const questions: Row = {
  title: 'Questions to Prometheus',
  panels: [
    lines(
      {
        title: 'Load on Prometheus',
        description:
          'Seconds of answering in each second: what Meshwarden costs its Prometheus, the ten dearest signals.',
        width: 8,
        queries: [
          {
            expr:
              'topk(10, sum by (prometheus, signal) ' +
              '(rate(meshwarden_query_duration_seconds_sum[$__rate_interval])))',
            legend: '{{signal}} ({{prometheus}})',
          },
        ],
      },
      'short',
      true,
    ),
    lines(
      {
        title: 'Duration of a question',
        description: 'Time that Prometheus took to answer, 99 of 100 questions, the ten slowest signals.',
        width: 8,
        queries: [
          {
            expr:
              'topk(10, histogram_quantile(0.99, sum by (signal, le) ' +
              '(rate(meshwarden_query_duration_seconds_bucket[$__rate_interval]))))',
            legend: '{{signal}}',
          },
        ],
      },
      's',
    ),
    bars({
      title: 'Questions without a whole answer',
      nothing: noneCounted,
      description: 'By signal and reason. A signal that cannot be read is blind, and nothing resolves on it.',
      width: 8,
      queries: [
        {
          expr: sumBy(['signal', 'reason'], events('meshwarden_queries_failed_total')),
          legend: '{{signal}} {{reason}}',
        },
      ],
    }),
  ],
};

export const outbox: Row = {
  title: 'Outbox',
  panels: [
    lines({
      title: 'Notices that wait',
      description: 'By target. They are stored: a target that is down gets them when it is back, within a day.',
      width: 8,
      queries: [{expr: sumBy(['target'], 'meshwarden_outbox_pending'), legend: '{{target}}'}],
    }),
    lines(
      {
        title: 'Oldest notice that waits',
        description: 'Its age; 0 while none waits.',
        width: 8,
        queries: [{expr: 'max by (instance) (meshwarden_outbox_oldest_seconds)', legend: '{{instance}}'}],
      },
      's',
    ),
    lines({
      title: 'Dead letters',
      description: 'Notices given up after a final answer of the target or a day of tries.',
      width: 8,
      queries: [{expr: sumBy(['target'], 'meshwarden_dead_letters'), legend: '{{target}}'}],
    }),
  ],
};

export const resources: Row = {
  title: 'Store and memory',
  panels: [
    lines(
      {
        title: 'Size of the store',
        description: 'The database of incidents, their evidence and what was learned.',
        width: 6,
        queries: [{expr: 'max by (instance) (meshwarden_store_size_bytes)', legend: '{{instance}}'}],
      },
      'bytes',
    ),
    lines(
      {
        title: 'Memory',
        description: 'Resident memory.',
        width: 6,
        queries: [{expr: `process_resident_memory_bytes ${mine}`, legend: '{{instance}}'}],
      },
      'bytes',
    ),
    lines(
      {
        title: 'CPU',
        description: 'Seconds of CPU in each second.',
        width: 6,
        queries: [{expr: `rate(process_cpu_seconds_total[$__rate_interval]) ${mine}`, legend: '{{instance}}'}],
      },
      'short',
    ),
    lines({
      title: 'Open files',
      description: 'Files and connections that are open, and how many may be.',
      width: 6,
      queries: [
        {expr: `process_open_fds ${mine}`, legend: '{{instance}} open'},
        {expr: `process_max_fds ${mine}`, legend: '{{instance}} at most'},
      ],
    }),
    lines({
      title: 'Edges known',
      description: 'Size of the learned topology, by protocol: what memory grows with.',
      width: 24,
      height: 6,
      queries: [{expr: 'sum by (protocol) (meshwarden_edges)', legend: '{{protocol}}'}],
    }),
  ],
};

