// What each event looks like in the mesh's telemetry: the right reporter, so that it counts once.
import {events, happened, replaced, sumBy} from './promql';
import {inNamespace, inService} from './variables';

export const edge = [
  'source_workload_namespace',
  'source_workload',
  'destination_service_namespace',
  'destination_service_name',
];
export const edgeName =
  '{{source_workload_namespace}}/{{source_workload}} → ' +
  '{{destination_service_namespace}}/{{destination_service_name}}';
export const workloadEdge = [
  'source_workload_namespace',
  'source_workload',
  'destination_workload_namespace',
  'destination_workload',
];
export const workloadEdgeName =
  '{{source_workload_namespace}}/{{source_workload}} → {{destination_workload_namespace}}/{{destination_workload}}';

export const ambientEdgeName = edgeName + ' ({{destination_workload}})';

// ztunnel knows the workload for certain, the service not always: an unknown one is never filtered out, and the
// namespace is the workload's.
const place = `${inNamespace('destination_service_namespace')},${inService('destination_service_name')}`;
const workloadPlace = `${inNamespace('destination_workload_namespace')},destination_service_name=~"$service|unknown|"`;

// Flags are joined by commas.
const flagged = (flags: string) => `response_flags=~"(.*,)?${flags}(,.*)?"`;

const atDestination = `istio_requests_total{reporter=~"destination|waypoint",${place}`;
const denied = `${atDestination},response_code="403"}`;
const fromSource = `istio_requests_total{reporter="source",${place}`;
const deniedAtGateway = `${fromSource},response_code="403",destination_workload="unknown"}`;
const deniedUnseen = `${fromSource},response_code="403",destination_workload!="unknown"}`;
const deniedGrpc = `${fromSource},request_protocol="grpc",grpc_response_status="7",response_code!="403"}`;
const closed = `istio_tcp_connections_closed_total{reporter="destination",${workloadPlace}`;
const deniedAmbient = `${closed},${flagged('DENY')}}`;
const plaintextAmbient = `${closed},${flagged('DENY')},connection_security_policy="unknown"}`;

// Workloads whose own proxy tells: in the step, in the ten minutes before, since scrapes fail, and in the minute after,
// since the caller may be scraped first.
const workload = 'destination_workload_namespace, destination_workload';
const telling = ['[$__interval]', '[10m] offset -1m']
  .map(window => `group by (${workload}) (last_over_time(${atDestination}}${window}))`)
  .join(' or ');

export const denials = {
  http: happened(edge, events(denied)),
  httpAtCaller: happened(
    edge,
    `(${events(deniedAtGateway)}) or ` +
      `((${events(deniedUnseen)}) unless on (${workload}) (${telling}))`,
  ),
  grpc: happened(edge, events(deniedGrpc)),
  ambient: replaced(
    happened([...workloadEdge, 'destination_service_name'], events(deniedAmbient)),
    'destination_service_namespace',
    'destination_workload_namespace',
    '(.*)',
  ),
  perPod: events(`{__name__=~"envoy_(http_.*|tcp)",authz_enforce_result="denied",${inNamespace('namespace')}}`, true),
};

const families = 'envoy_listener_(ssl_connection_error|ssl_fail_verify_.*|no_filter_chain_match)';
const handshakeFlags = flagged('(H2_HANDSHAKE_FAILURE|IDENTITY_ERROR)');
const handshake = `istio_tcp_connections_failed_total{reporter="source",${workloadPlace},${handshakeFlags}}`;

export const mtls = {
  listeners: events(`{__name__=~"${families}",listener_address=~".*_1500[68]",${inNamespace('namespace')}}`, true),
  ztunnel: happened(['response_flags'], events(handshake)),
  plaintextRefused: happened(['connection_security_policy'], events(plaintextAmbient)),
  requestsBySecurity: sumBy(
    ['connection_security_policy'],
    `rate(istio_requests_total{reporter="destination",${place}}[$__rate_interval])`,
  ),
};

// A cluster's name ends with the host, whose first parts are service and namespace.
const chosenHost = '[^|]+\\\\|[^|]*\\\\|[^|]*\\\\|($service)[.]($namespace)([.].*)?';
const cluster = `cluster_name=~"(outbound|inbound-vip)\\\\|.*",cluster_name=~"${chosenHost}"`;

export const retries = events(`envoy_cluster_upstream_rq_retry{${cluster}}`);

export const tcpOpened = sumBy(
  workloadEdge,
  `rate(istio_tcp_connections_opened_total{reporter="destination",${workloadPlace}}[$__rate_interval])`,
);

const convergence = 'pilot_proxy_convergence_time';
export const slowPushes =
  `sum(${events(`${convergence}_count`)}) - ` + `sum(${events(`${convergence}_bucket{le=~"30(\\\\.0)?"}`)})`;
export const convergenceTime = (quantile: number) =>
  `histogram_quantile(${quantile}, sum by (le) (${events(`${convergence}_bucket`)}))`;
