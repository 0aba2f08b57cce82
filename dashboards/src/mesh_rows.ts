// What the mesh's own telemetry tells. Each event counts once: the right reporter, exact increments.
import {bars, lines, Row} from './panels';
import {events, replaced, sumBy} from './promql';

const edge = [
  'source_workload_namespace',
  'source_workload',
  'destination_service_namespace',
  'destination_service_name',
];
const edgeName =
  '{{source_workload_namespace}}/{{source_workload}} → ' +
  '{{destination_service_namespace}}/{{destination_service_name}}';
const workloadEdge = [
  'source_workload_namespace',
  'source_workload',
  'destination_workload_namespace',
  'destination_workload',
];
const workloadEdgeName =
  '{{source_workload_namespace}}/{{source_workload}} → {{destination_workload_namespace}}/{{destination_workload}}';
const service = 'destination_service_namespace, destination_service_name';

// Flags are joined by commas.
const flagged = (flags: string) => `response_flags=~"(.*,)?${flags}(,.*)?"`;

export const learned = 'topology-.*|tcp-new-edge|authz-new-caller';
const opened = 'istio_tcp_connections_opened_total{reporter="destination"}';
const retries = 'envoy_cluster_upstream_rq_retry{cluster_name=~"(outbound|inbound-vip)\\\\|.*"}';

const denied = 'istio_requests_total{reporter=~"destination|waypoint",response_code="403"}';
const deniedAtGateway = 'istio_requests_total{reporter="source",response_code="403",destination_workload="unknown"}';
const deniedUnseen = 'istio_requests_total{reporter="source",response_code="403",destination_workload!="unknown"}';
const deniedGrpc =
  'istio_requests_total{reporter="source",request_protocol="grpc",grpc_response_status="7",response_code!="403"}';
const deniedAmbient = `istio_tcp_connections_closed_total{reporter="destination",${flagged('DENY')}}`;

export const denials: Row = {
  title: 'Authorization denials',
  panels: [
    bars({
      title: 'Denials by source and service',
      width: 14,
      height: 10,
      description:
        'Refused requests and connections, each once: HTTP 403 as the proxy at the destination or the waypoint ' +
        'told it, ' +
        'at gateways and towards services without a proxy as the caller did; gRPC status 7 as the caller saw it; ' +
        'connections that ztunnel ' +
        "refused. A 403 may be the application's own; the panel beside shows what the mesh itself refused. " +
        'Rule: more than 10 in a minute.',
      queries: [
        {expr: sumBy(edge, events(denied)), legend: 'HTTP ' + edgeName},
        {
          expr: sumBy(
            edge,
            `(${events(deniedAtGateway)}) or ` +
              `((${events(deniedUnseen)}) unless on (${service}) group by (${service}) (${denied}))`,
          ),
          legend: 'HTTP ' + edgeName,
        },
        {expr: sumBy(edge, events(deniedGrpc)), legend: 'gRPC ' + edgeName},
        {expr: sumBy(workloadEdge, events(deniedAmbient)), legend: 'L4 ' + workloadEdgeName},
      ],
    }),
    bars({
      title: 'Refused by policy, per pod',
      width: 10,
      height: 10,
      description:
        'The RBAC counters of the proxies, HTTP and TCP: what AuthorizationPolicy refused, gRPC too. They know ' +
        'no source.',
      queries: [
        {
          expr: sumBy(
            ['namespace', 'pod', 'protocol'],
            replaced(
              events('{__name__=~"envoy_(http_.*|tcp)",authz_enforce_result="denied"}', true),
              'protocol',
              'family',
              'envoy_(http|tcp).*',
            ),
          ),
          legend: '{{protocol}} {{namespace}}/{{pod}}',
        },
      ],
    }),
  ],
};

const families = 'envoy_listener_(ssl_connection_error|ssl_fail_verify_.*|no_filter_chain_match)';
const listener = `{__name__=~"${families}",listener_address=~".*_1500[68]"}`;
const plaintextAmbient = deniedAmbient.replace('}', ',connection_security_policy="unknown"}');
const handshakeFlags = flagged('(H2_HANDSHAKE_FAILURE|IDENTITY_ERROR)');
const handshake = `istio_tcp_connections_failed_total{reporter="source",${handshakeFlags}}`;

export const mtls: Row = {
  title: 'mTLS failures',
  panels: [
    bars({
      title: 'mTLS failures by reason',
      width: 14,
      height: 10,
      description:
        "Failed handshakes as the server's listener counted them; no_filter_chain_match is plaintext sent to " +
        'a STRICT port; in ambient ' +
        "what the caller's ztunnel could not establish, and plaintext that was refused. Istio leaves the " +
        "listeners' counters out " +
        'by default: see "Sight" before reading nothing as nothing. Rule: more than 5 in a minute.',
      queries: [
        {
          expr: sumBy(
            ['reason'],
            replaced(events(listener, true), 'reason', 'family', 'envoy_listener_(?:ssl_)?(.*)'),
          ),
          legend: '{{reason}}',
        },
        {expr: sumBy(['response_flags'], events(handshake)), legend: 'ztunnel {{response_flags}}'},
        {
          expr: sumBy(['connection_security_policy'], events(plaintextAmbient)),
          legend: 'ztunnel plaintext refused',
        },
      ],
    }),
    bars({
      title: 'mTLS failures per pod',
      description: 'The same counters of the listeners, by the pod that was called.',
      width: 10,
      height: 10,
      queries: [{expr: sumBy(['namespace', 'pod'], events(listener, true)), legend: '{{namespace}}/{{pod}}'}],
    }),
  ],
};

export const unusual: Row = {
  title: 'Unusual traffic',
  panels: [
    bars({
      title: 'Unusual traffic: what was found',
      width: 8,
      height: 10,
      description:
        'Incidents opened by rules that compare traffic with what was learned: edges and callers never seen ' +
        'before, and the like.',
      queries: [
        {expr: sumBy(['rule'], events(`meshwarden_incidents_opened_total{rule=~"${learned}"}`)), legend: '{{rule}}'},
      ],
    }),
    lines(
      {
        title: 'TCP connections opened',
        width: 8,
        height: 10,
        description:
          'The ten busiest edges, counted once, at the destination. Refused connections look the same here.',
        queries: [
          {
            expr: `topk(10, ${sumBy(workloadEdge, `rate(${opened}[$__rate_interval])`)})`,
            legend: workloadEdgeName,
          },
        ],
      },
      'cps',
    ),
    bars({
      title: 'Retries by destination',
      width: 8,
      height: 10,
      description:
        "Retries that callers' proxies made, by the host of the cluster. Istio leaves this counter out by " +
        'default. Rule: more than 100 in a minute.',
      queries: [
        {
          expr: sumBy(
            ['host'],
            replaced(events(retries), 'host', 'cluster_name', '[^|]+\\\\|[^|]*\\\\|[^|]*\\\\|(.+)'),
          ),
          legend: '{{host}}',
        },
      ],
    }),
  ],
};

const pushes = 'pilot_proxy_convergence_time_count';
const fastPushes = 'pilot_proxy_convergence_time_bucket{le=~"30(\\\\.0)?"}';

export const controlPlane: Row = {
  title: 'Control plane',
  panels: [
    bars({
      title: 'Pushes slower than 30 s',
      width: 8,
      description:
        "Configuration pushes that took longer than the histogram's last bucket. Policy that is not pushed " +
        'is not enforced.',
      queries: [
        {
          expr: `sum(${events(pushes)}) - sum(${events(fastPushes)})`,
          legend: 'slow pushes',
        },
      ],
    }),
    bars({
      title: 'Configuration refused by proxies',
      description: 'They keep the policy that they had.',
      width: 8,
      queries: [{expr: sumBy(['type'], events('pilot_total_xds_rejects')), legend: '{{type}}'}],
    }),
    lines({
      title: 'Proxies connected',
      description: "Proxies that the control plane reaches. Rule: more than 10 % below the last hour's maximum.",
      width: 8,
      queries: [{expr: 'sum(pilot_xds)', legend: 'proxies'}],
    }),
  ],
};
