// What the dashboard shows, topic by topic. Queries of the mesh count each event once: the right reporter, exact
// increments; whatever Meshwarden has counted already is taken from its own metrics.
import {bars, barGauge, Column, lines, Row, stat, table, timeline, valueMapping} from './panels';
import {events, replaced, sumBy} from './promql';

const edge = ['source_workload_namespace', 'source_workload', 'destination_service_namespace', 'destination_service_name'];
const edgeName = '{{source_workload_namespace}}/{{source_workload}} → {{destination_service_namespace}}/{{destination_service_name}}';
const workloadEdge = ['source_workload_namespace', 'source_workload', 'destination_workload_namespace', 'destination_workload'];
const workloadEdgeName = '{{source_workload_namespace}}/{{source_workload}} → {{destination_workload_namespace}}/{{destination_workload}}';
const service = 'destination_service_namespace, destination_service_name';

const red = 'red', orange = 'orange', yellow = 'yellow', green = 'green', blue = 'blue', grey = '#808080';

const openState = valueMapping([{value: 1, text: 'open', color: red}, {value: 0, text: 'resolved', color: green}]);

function incidents(rules: string) {
  const identity = 'id, rule, severity, source, destination';
  const matcher = rules ? `{rule=~"${rules}"}` : '';
  return `max by (${identity}) (meshwarden_incident_info${matcher})`
    + ` or 0 * max by (${identity}) (last_over_time(meshwarden_incident_info${matcher}[$__range]))`;
}

const incidentColumns: Column[] = [
  {name: 'Value', label: 'State', width: 90, mapping: openState},
  {name: 'severity', label: 'Severity', width: 90},
  {name: 'rule', label: 'Rule', width: 190},
  {name: 'source', label: 'Source'},
  {name: 'destination', label: 'Destination'},
  {name: 'id', label: 'Incident', link: {title: 'Open in the console', url: '${console}/#/incidents/${__data.fields.Incident}'}},
];

// A stat that is 0 only while Meshwarden answers.
function orZero(expression: string): string {
  return `${expression} or 0 * sum(meshwarden_watchdog)`;
}

const now: Row = {
  title: 'Now',
  panels: [
    stat({
      title: 'Open incidents', description: 'Incidents that are not resolved, by severity.', width: 10, height: 4,
      queries: [{expr: 'sum by (severity) (meshwarden_incidents_open)', legend: '{{severity}}', instant: true}],
    }, [{color: green, value: null}, {color: orange, value: 1}]),
    stat({
      title: 'Blind signals', width: 4, height: 4,
      description: 'Signals that Meshwarden cannot see: what they would show is unknown, not zero. The row "Sight" names them.',
      queries: [{expr: orZero('sum(meshwarden_signal_state{state="blind"} == 1)'), legend: 'blind', instant: true}],
    }, [{color: green, value: null}, {color: red, value: 1}]),
    stat({
      title: 'Last good poll', width: 5, height: 4,
      description: 'How long ago Meshwarden last got a full answer of each Prometheus.',
      queries: [{expr: 'time() - max by (prometheus) (meshwarden_last_good_poll_timestamp_seconds)', legend: '{{prometheus}}', instant: true}],
    }, [{color: green, value: null}, {color: yellow, value: 60}, {color: red, value: 180}], 's'),
    stat({
      title: 'Notices waiting', description: 'Messages that a target has not taken yet.', width: 5, height: 4,
      queries: [{expr: orZero('sum(meshwarden_outbox_pending)'), legend: 'waiting', instant: true}],
    }, [{color: green, value: null}, {color: yellow, value: 5}, {color: red, value: 50}]),
    table({
      title: 'Incidents, open ones first',
      description: 'Open incidents, and those of the time range that are resolved. The incident leads to its page in the console.',
      width: 24, height: 9,
      queries: [{expr: incidents(''), instant: true, table: true}],
    }, incidentColumns, 'State'),
  ],
};

const denied = 'istio_requests_total{reporter=~"destination|waypoint",response_code="403"}';
const deniedAtGateway = 'istio_requests_total{reporter="source",response_code="403",destination_workload="unknown"}';
const deniedUnseen = 'istio_requests_total{reporter="source",response_code="403",destination_workload!="unknown"}';
const deniedGrpc = 'istio_requests_total{reporter="source",request_protocol="grpc",grpc_response_status="7",response_code!="403"}';
const deniedAmbient = 'istio_tcp_connections_closed_total{reporter="destination",response_flags=~"(.*,)?DENY(,.*)?"}';

const denials: Row = {
  title: 'Authorization denials',
  panels: [
    bars({
      title: 'Denials by source and service', width: 14, height: 10,
      description: 'Refused requests and connections, each once: HTTP 403 as the proxy at the destination or the waypoint told it, '
        + 'at gateways and towards services without a proxy as the caller did; gRPC status 7 as the caller saw it; connections that ztunnel '
        + 'refused. A 403 may be the application\'s own; the panel beside shows what the mesh itself refused. Rule: more than 10 in a minute.',
      queries: [
        {expr: sumBy(edge, events(denied)), legend: 'HTTP ' + edgeName},
        {expr: sumBy(edge, `(${events(deniedAtGateway)}) or ((${events(deniedUnseen)}) unless on (${service}) group by (${service}) (${denied}))`),
          legend: 'HTTP ' + edgeName},
        {expr: sumBy(edge, events(deniedGrpc)), legend: 'gRPC ' + edgeName},
        {expr: sumBy(workloadEdge, events(deniedAmbient)), legend: 'L4 ' + workloadEdgeName},
      ],
    }),
    bars({
      title: 'Refused by policy, per pod', width: 10, height: 10,
      description: 'The RBAC counters of the proxies, HTTP and TCP: what AuthorizationPolicy refused, gRPC too. They know no source.',
      queries: [{
        expr: sumBy(['namespace', 'pod', 'protocol'],
          replaced(events('{__name__=~"envoy_(http_.*|tcp)",authz_enforce_result="denied"}', true), 'protocol', 'family', 'envoy_(http|tcp).*')),
        legend: '{{protocol}} {{namespace}}/{{pod}}',
      }],
    }),
  ],
};

const listener = '{__name__=~"envoy_listener_(ssl_connection_error|ssl_fail_verify_.*|no_filter_chain_match)",listener_address=~".*_1500[68]"}';
const handshake = 'istio_tcp_connections_failed_total{reporter="source",response_flags=~"(.*,)?(H2_HANDSHAKE_FAILURE|IDENTITY_ERROR)(,.*)?"}';

const mtls: Row = {
  title: 'mTLS failures',
  panels: [
    bars({
      title: 'mTLS failures by reason', width: 14, height: 10,
      description: 'Failed handshakes as the server\'s listener counted them; no_filter_chain_match is plaintext sent to a STRICT port; in ambient '
        + 'what the caller\'s ztunnel could not establish, and plaintext that was refused. Istio leaves the listeners\' counters out '
        + 'by default: see "Sight" before reading nothing as nothing. Rule: more than 5 in a minute.',
      queries: [
        {expr: sumBy(['reason'], replaced(events(listener, true), 'reason', 'family', 'envoy_listener_(?:ssl_)?(.*)')), legend: '{{reason}}'},
        {expr: sumBy(['response_flags'], events(handshake)), legend: 'ztunnel {{response_flags}}'},
        {expr: sumBy(['connection_security_policy'],
          events('istio_tcp_connections_closed_total{reporter="destination",response_flags=~"(.*,)?DENY(,.*)?",connection_security_policy="unknown"}')),
          legend: 'ztunnel plaintext refused'},
      ],
    }),
    bars({
      title: 'mTLS failures per pod', description: 'The same counters of the listeners, by the pod that was called.', width: 10, height: 10,
      queries: [{expr: sumBy(['namespace', 'pod'], events(listener, true)), legend: '{{namespace}}/{{pod}}'}],
    }),
  ],
};

const learned = 'topology-.*|tcp-new-edge|authz-new-caller';
const retries = 'envoy_cluster_upstream_rq_retry{cluster_name=~"(outbound|inbound-vip)\\\\|.*"}';

const unusual: Row = {
  title: 'Unusual traffic',
  panels: [
    bars({
      title: 'Unusual traffic: what was found', width: 8, height: 10,
      description: 'Incidents opened by rules that compare traffic with what was learned: edges and callers never seen before, and the like.',
      queries: [{expr: sumBy(['rule'], events(`meshwarden_incidents_opened_total{rule=~"${learned}"}`)), legend: '{{rule}}'}],
    }),
    lines({
      title: 'TCP connections opened', width: 8, height: 10,
      description: 'The ten busiest edges, counted once, at the destination. Refused connections look the same here.',
      queries: [{
        expr: `topk(10, ${sumBy(workloadEdge, 'rate(istio_tcp_connections_opened_total{reporter="destination"}[$__rate_interval])')})`,
        legend: workloadEdgeName,
      }],
    }, 'cps'),
    bars({
      title: 'Retries by destination', width: 8, height: 10,
      description: 'Retries that callers\' proxies made, by the host of the cluster. Istio leaves this counter out by default. Rule: more than 100 in a minute.',
      queries: [{
        expr: sumBy(['host'], replaced(events(retries), 'host', 'cluster_name', '[^|]+\\\\|[^|]*\\\\|[^|]*\\\\|(.+)')), legend: '{{host}}',
      }],
    }),
  ],
};

const topology: Row = {
  title: 'Topology changes',
  panels: [
    bars({
      title: 'Topology changes: new edges', width: 8,
      description: 'Edges that Meshwarden saw for the first time; after a first start, the learning.',
      queries: [{expr: `sum(${events('meshwarden_edges_new_total')})`, legend: 'new edges'}],
    }),
    lines({
      title: 'Edges known', description: 'Who calls whom, as far as it was ever seen, by protocol.', width: 6,
      queries: [{expr: 'sum by (protocol) (meshwarden_edges)', legend: '{{protocol}}'}],
    }),
    table({
      title: 'Who took new edges', description: 'Incidents of the learned rules in the time range.', width: 10,
      queries: [{expr: incidents(learned), instant: true, table: true}],
    }, incidentColumns, 'State'),
  ],
};

const controlPlane: Row = {
  title: 'Control plane',
  panels: [
    bars({
      title: 'Pushes slower than 30 s', width: 8,
      description: 'Configuration pushes that took longer than the histogram\'s last bucket. Policy that is not pushed is not enforced.',
      queries: [{
        expr: `sum(${events('pilot_proxy_convergence_time_count')}) - sum(${events('pilot_proxy_convergence_time_bucket{le=~"30(\\\\.0)?"}')})`,
        legend: 'slow pushes',
      }],
    }),
    bars({
      title: 'Configuration refused by proxies', description: 'They keep the policy that they had.', width: 8,
      queries: [{expr: sumBy(['type'], events('pilot_total_xds_rejects')), legend: '{{type}}'}],
    }),
    lines({
      title: 'Proxies connected', description: 'Proxies that the control plane reaches. Rule: more than 10 % below the last hour\'s maximum.', width: 8,
      queries: [{expr: 'sum(pilot_xds)', legend: 'proxies'}],
    }),
  ],
};

function held(metric: string, states: [string, number][], by: string): string {
  return `max by (${by}) (${states.map(([state, value]) => `(${metric}{state="${state}"} == 1) * ${value}`).join(' or ')})`;
}

const sight: Row = {
  title: 'Sight',
  panels: [
    timeline({
      title: 'Blind signals', width: 14, height: 10,
      description: 'The state of every signal: observed; zero, which is proven (the metric is there); blind, of which nothing is known. '
        + 'The console names the cause and the setting that mends it.',
      queries: [{
        expr: held('meshwarden_signal_state', [['zero', 1], ['observed', 2], ['blind', 3]], 'prometheus, signal'),
        legend: '{{signal}} ({{prometheus}})',
      }],
    }, [{value: 1, text: 'zero, proven', color: green}, {value: 2, text: 'observed', color: blue}, {value: 3, text: 'blind', color: red}]),
    barGauge({
      title: 'Coverage', description: 'Share of the targets that ought to show a signal and do.', width: 10, height: 10,
      queries: [{expr: 'min by (prometheus, signal) (meshwarden_signal_coverage_ratio)', legend: '{{signal}}', instant: true}],
    }, [{color: red, value: null}, {color: yellow, value: 0.5}, {color: green, value: 0.999}], 'percentunit'),
    timeline({
      title: 'Rules', width: 24, height: 10,
      description: 'The state of every rule. A blind rule judges nothing: its silence means nothing.',
      queries: [{expr: held('meshwarden_rule_state', [['off', 0], ['ok', 1], ['firing', 2], ['blind', 3]], 'rule'), legend: '{{rule}}'}],
    }, [{value: 0, text: 'off', color: grey}, {value: 1, text: 'ok', color: green}, {value: 2, text: 'firing', color: orange},
      {value: 3, text: 'blind', color: red}]),
  ],
};

const itself: Row = {
  title: 'Meshwarden itself',
  panels: [
    lines({
      title: 'Ticks', description: 'Polls of each Prometheus by result. Partial: something could not be read, and nothing resolves on it.', width: 8,
      queries: [{expr: sumBy(['prometheus', 'result'], 'rate(meshwarden_ticks_total[$__rate_interval])'), legend: '{{prometheus}} {{result}}'}],
    }, 'ops'),
    lines({
      title: 'Duration of a tick', description: 'From the poll to the commit, 99 of 100 ticks.', width: 8,
      queries: [{
        expr: 'histogram_quantile(0.99, sum by (prometheus, le) (rate(meshwarden_tick_duration_seconds_bucket[$__rate_interval])))',
        legend: '{{prometheus}}',
      }],
    }, 's'),
    bars({
      title: 'Notices', description: 'Messages to targets by result.', width: 8,
      queries: [{expr: sumBy(['target', 'result'], events('meshwarden_notifications_total')), legend: '{{target}} {{result}}'}],
    }),
  ],
};

export const rows: Row[] = [now, denials, mtls, unusual, topology, controlPlane, sight, itself];
