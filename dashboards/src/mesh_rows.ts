// What the mesh's own telemetry tells, topic by topic, each beside what can be seen of it at all.
import * as q from './mesh_queries';
import {bars, lines, Link, noneCounted, Row, stepwise} from './panels';
import {events, happened, replaced, sumBy} from './promql';
import {canItBeSeen} from './sight';
import {ranking} from './tables';

export const learned = 'topology-.*|tcp-new-edge|authz-new-caller';

const drill = (namespace: string, service: string) =>
  `/d/meshwarden-security?\${datasource:queryparam}&\${__url_time_range}&var-namespace=\${${namespace}:percentencode}` +
  `&var-service=\${${service}:percentencode}`;
const onlyThisService: Link = {
  title: 'Only this service',
  url: drill('__field.labels.destination_service_namespace', '__field.labels.destination_service_name'),
};
const rowsService: Link = {
  title: 'Only this service',
  url: drill('__data.fields.Namespace', '__data.fields.Service'),
};
const onlyThisNamespace: Link = {
  title: 'Only this namespace',
  url: drill('__field.labels.namespace', '__all_services').replace('${__all_services:percentencode}', '$__all'),
};

const kind = (name: string, expr: string) => `label_replace(${expr}, "kind", "${name}", "", "")`;

export const denials: Row = {
  title: 'Authorization denials',
  panels: [
    canItBeSeen('authz_denials|rbac_denials', 10),
    bars({
      title: 'Denials by source and service',
      width: 12,
      height: 10,
      description:
        'Refused requests and connections, each once: HTTP 403 as the proxy at the destination or the waypoint ' +
        'told it, at gateways and towards services without a proxy as the caller did; gRPC status 7 as the caller ' +
        "saw it; connections that ztunnel refused. A 403 may be the application's own; the panel beside shows what " +
        'the mesh itself refused. Rule: more than 10 in a minute.',
      links: [onlyThisService],
      queries: [
        {expr: q.denials.http, legend: 'HTTP ' + q.edgeName},
        {expr: q.denials.httpAtCaller, legend: 'HTTP ' + q.edgeName},
        {expr: q.denials.grpc, legend: 'gRPC ' + q.edgeName},
        {expr: q.denials.ambient, legend: 'L4 ' + q.ambientEdgeName},
      ],
    }),
    bars({
      title: 'Refused by policy, per pod',
      width: 8,
      height: 10,
      description:
        'The RBAC counters of the proxies, HTTP and TCP: what AuthorizationPolicy refused, gRPC too. They know ' +
        'no source and no service: only the namespace can be chosen.',
      links: [onlyThisNamespace],
      queries: [
        {
          expr: happened(
            ['namespace', 'pod', 'protocol'],
            replaced(q.denials.perPod, 'protocol', 'family', 'envoy_(http|tcp).*'),
          ),
          legend: '{{protocol}} {{namespace}}/{{pod}}',
        },
      ],
    }),
    ranking(
      {
        title: 'Top denied pairs',
        width: 24,
        height: 9,
        description:
          'The twenty pairs with most refusals in the time range: the bars above, added up. The service leads to ' +
          'this dashboard for that service alone; only ztunnel, which may not know it, names the workload.',
        queries: [
          {expr: kind('HTTP', q.denials.http)},
          {expr: kind('HTTP', q.denials.httpAtCaller)},
          {expr: kind('gRPC', q.denials.grpc)},
          {expr: kind('L4', q.denials.ambient)},
        ],
      },
      [
        {name: 'kind', label: 'Kind', width: 80},
        {name: 'source_workload_namespace', label: 'From namespace'},
        {name: 'source_workload', label: 'From'},
        {name: 'destination_service_namespace', label: 'Namespace'},
        {name: 'destination_service_name', label: 'Service', link: rowsService},
        {name: 'destination_workload', label: 'Workload'},
        {name: 'destination_workload_namespace', label: 'Workload namespace', hidden: true},
        {name: 'Total', label: 'Events', width: 110},
      ],
      20,
    ),
  ],
};

export const mtls: Row = {
  title: 'mTLS failures',
  panels: [
    canItBeSeen('mtls_failures|gateway_tls_failures', 10),
    bars({
      title: 'mTLS failures by reason',
      width: 8,
      height: 10,
      description:
        "Failed handshakes as the server's listener counted them; no_filter_chain_match is plaintext sent to a " +
        "STRICT port; in ambient what the caller's ztunnel could not establish, and plaintext that was refused. " +
        "Istio leaves the listeners' counters out by default: read the panel at the left before reading nothing " +
        'as nothing. They know the namespace, not the service. Rule: more than 5 in a minute.',
      queries: [
        {
          expr: happened(['reason'], replaced(q.mtls.listeners, 'reason', 'family', 'envoy_listener_(?:ssl_)?(.*)')),
          legend: '{{reason}}',
        },
        {expr: q.mtls.ztunnel, legend: 'ztunnel {{response_flags}}'},
        {expr: q.mtls.plaintextRefused, legend: 'ztunnel plaintext refused'},
      ],
    }),
    bars({
      title: 'mTLS failures per pod',
      description: 'The same counters of the listeners, by the pod that was called.',
      width: 6,
      height: 10,
      links: [onlyThisNamespace],
      queries: [{expr: happened(['namespace', 'pod'], q.mtls.listeners), legend: '{{namespace}}/{{pod}}'}],
    }),
    lines(
      {
        title: 'Requests by connection security',
        description:
          'How the requests that arrived were secured, as the proxy at the destination saw it. `none` is plaintext; ' +
          'a volume, not a count of events.',
        width: 6,
        height: 10,
        queries: [{expr: q.mtls.requestsBySecurity, legend: '{{connection_security_policy}}'}],
      },
      'reqps',
      true,
    ),
  ],
};

export const unusual: Row = {
  title: 'Unusual traffic and retries',
  panels: [
    canItBeSeen('tcp_connections|requests|retries', 10),
    bars({
      title: 'Unusual traffic: what was found',
      nothing: noneCounted,
      width: 7,
      height: 10,
      description:
        'Incidents opened by rules that compare traffic with what was learned: edges and callers never seen ' +
        'before, and the like. Of the whole mesh, whatever is chosen above.',
      queries: [
        {expr: sumBy(['rule'], events(`meshwarden_incidents_opened_total{rule=~"${learned}"}`)), legend: '{{rule}}'},
      ],
    }),
    lines(
      {
        title: 'TCP connections opened',
        width: 7,
        height: 10,
        description:
          'The ten busiest edges, counted once, at the destination. Refused connections look the same here.',
        queries: [{expr: `topk(10, ${q.tcpOpened})`, legend: q.workloadEdgeName}],
      },
      'cps',
    ),
    bars({
      title: 'Retries by destination',
      width: 6,
      height: 10,
      description:
        "Retries that callers' proxies made, by the host of the cluster. Istio leaves this counter out by " +
        'default. Rule: more than 100 in a minute.',
      queries: [
        {
          expr: happened(['host'], replaced(q.retries, 'host', 'cluster_name', '[^|]+\\\\|[^|]*\\\\|[^|]*\\\\|(.+)')),
          legend: '{{host}}',
        },
      ],
    }),
  ],
};

export const controlPlane: Row = {
  title: 'Control plane',
  panels: [
    canItBeSeen('slow_convergence|mesh_frozen|xds_rejects|proxies_connected', 10),
    bars({
      title: 'Pushes slower than 30 s',
      width: 5,
      height: 10,
      description:
        "Configuration pushes that took longer than the histogram's last bucket. Policy that is not pushed is not " +
        'enforced. Rule: more than 4 in 5 minutes.',
      queries: [{expr: q.slowPushes, legend: 'slow pushes'}],
    }),
    stepwise(
      {
        title: 'Convergence time',
        width: 5,
        height: 10,
        description:
          "From a change until a proxy has it, as istiod's histogram tells: half of the pushes, and 99 of 100.",
        queries: [
          {expr: q.convergenceTime(0.5), legend: 'half'},
          {expr: q.convergenceTime(0.99), legend: '99 %'},
        ],
      },
      's',
    ),
    bars({
      title: 'Configuration refused by proxies',
      description: 'They keep the policy that they had.',
      width: 5,
      height: 10,
      queries: [{expr: sumBy(['type'], events('pilot_total_xds_rejects')), legend: '{{type}}'}],
    }),
    lines({
      title: 'Proxies connected',
      description: "Proxies that the control plane reaches. Rule: more than 10 % below the last hour's maximum.",
      width: 5,
      height: 10,
      queries: [{expr: 'sum(pilot_xds)', legend: 'proxies'}],
    }),
  ],
};
