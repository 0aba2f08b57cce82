// Variables, links and annotations that the dashboards share.
import * as g from '@grafana/schema';
import {source} from './panels';

/** Matchers of the chosen namespaces and services: `.*` while all are chosen, so that a missing label passes too. */
export const inNamespace = (label: string) => `${label}=~"$namespace"`;
export const inService = (label: string) => `${label}=~"$service"`;

/** Of the chosen namespaces, since the name is a service's or a workload's; what has no such place is never hidden. */
export const inPlace = 'destination=~"($namespace)/.*|[^/]*"';

const datasource: g.VariableModel = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  hide: 0,
  includeAll: false,
  multi: false,
  options: [],
  refresh: g.VariableRefresh.onDashboardLoad,
  regex: '',
  skipUrlSync: false,
};

const address = {selected: true, text: 'http://127.0.0.1:20011', value: 'http://127.0.0.1:20011'};
const consoleAddress: g.VariableModel = {
  name: 'console',
  label: 'Console',
  description: "Where Meshwarden's console is.",
  type: 'textbox',
  query: address.value,
  hide: 0,
  current: address,
  options: [address],
  skipUrlSync: false,
};

function chosen(name: string, label: string, query: string): g.VariableModel {
  return {
    name,
    label,
    type: 'query',
    datasource: source,
    query,
    hide: 0,
    includeAll: true,
    allValue: '.*',
    multi: true,
    current: {selected: true, text: ['All'], value: ['$__all']},
    options: [],
    refresh: g.VariableRefresh.onTimeRangeChanged,
    regex: '',
    sort: g.VariableSort.alphabeticalAsc,
    skipUrlSync: false,
  };
}

// `unknown`, which ztunnel says where it knows the workload only, is of every namespace.
const services =
  '{__name__=~"istio_requests_total|istio_tcp_connections_opened_total",' +
  'destination_service_namespace=~"$namespace|unknown"}';

export const variables = {
  always: [datasource, consoleAddress],
  place: [
    chosen('namespace', 'Namespace', 'label_values(destination_service_namespace)'),
    chosen('service', 'Service', `label_values(${services}, destination_service_name)`),
  ],
  incident: [
    chosen('severity', 'Severity', 'label_values(meshwarden_incidents_open, severity)'),
    chosen('rule', 'Rule', 'label_values(meshwarden_rule_state, rule)'),
  ],
};

function link(title: string, tooltip: string, url: string): g.DashboardLink {
  return {
    title,
    type: 'link',
    icon: 'external link',
    tooltip,
    url,
    tags: [],
    asDropdown: false,
    includeVars: false,
    keepTime: false,
    targetBlank: true,
  };
}

export const links: g.DashboardLink[] = [
  link('Console', "Meshwarden's console", '${console}'),
  {
    ...link('Other dashboards', 'Of Meshwarden', ''),
    type: 'dashboards',
    icon: 'dashboard',
    tags: ['meshwarden'],
    includeVars: true,
    keepTime: true,
    targetBlank: false,
  },
];

// Grafana 10 reads expr and step of an annotation itself, later ones its target.
function fromPrometheus(name: string, expr: string, color: string, texts: {title: string; text: string; tags: string}) {
  return {
    name,
    datasource: source,
    enable: true,
    hide: false,
    iconColor: color,
    expr,
    step: '30s',
    target: {refId: 'Anno', datasource: source, expr, interval: '30s'} as g.DataQuery,
    titleFormat: texts.title,
    textFormat: texts.text,
    tagKeys: texts.tags,
    useValueForTime: false,
  };
}

const builtIn: g.AnnotationQuery = {
  name: 'Annotations & Alerts',
  datasource: {type: 'grafana', uid: '-- Grafana --'},
  enable: true,
  hide: true,
  builtIn: 1,
  iconColor: 'rgba(0, 211, 255, 1)',
  type: 'dashboard',
};

const incidents = fromPrometheus('Incidents', 'last_over_time(meshwarden_incident_info[$__interval])', 'red', {
  title: '{{rule}} ({{severity}})',
  text: '{{source}} → {{destination}}',
  tags: 'severity,rule',
});

const deploys = (matcher: string) =>
  fromPrometheus('Deploys and restarts', `count by (namespace) (envoy_server_uptime${matcher} < 60)`, 'blue', {
    title: 'Proxies began in {{namespace}}',
    text: 'A deploy, a restart or more replicas: their uptime is below a minute.',
    tags: 'namespace',
  });

const young = 'time() - process_start_time_seconds * on (job, instance) group_left () meshwarden_watchdog < 60';
const restarts = fromPrometheus('Meshwarden restarts', young, 'purple', {
  title: 'Meshwarden started',
  text: '{{instance}}',
  tags: 'instance',
});

export const annotations = {
  overview: [builtIn, incidents, deploys(`{${inNamespace('namespace')}}`)],
  incidents: [builtIn, restarts],
  itself: [builtIn, incidents, restarts],
};
