// Writes the dashboard to the file named.
import {writeFileSync} from 'node:fs';
import * as g from '@grafana/schema';
import {layout, source} from './panels';
import {rows} from './rows';

// Grafana 10 reads expr and step of an annotation itself, later ones its target.
const incidentsSeen = 'last_over_time(meshwarden_incident_info[$__interval])';
const incidents: g.AnnotationQuery & Record<string, unknown> = {
  name: 'Incidents',
  datasource: source,
  enable: true,
  hide: false,
  iconColor: 'red',
  expr: incidentsSeen,
  step: '30s',
  target: {refId: 'Anno', datasource: source, expr: incidentsSeen, interval: '30s'} as g.DataQuery,
  titleFormat: '{{rule}} ({{severity}})',
  textFormat: '{{source}} → {{destination}}',
  tagKeys: 'severity,rule',
  useValueForTime: false,
};

const builtIn: g.AnnotationQuery = {
  name: 'Annotations & Alerts',
  datasource: {type: 'grafana', uid: '-- Grafana --'},
  enable: true,
  hide: true,
  builtIn: 1,
  iconColor: 'rgba(0, 211, 255, 1)',
  type: 'dashboard',
};

const dashboard: g.Dashboard = {
  id: null,
  uid: 'meshwarden-security',
  title: 'Mesh security overview',
  description: "Security of the Istio mesh as Meshwarden and the mesh's own telemetry tell it.",
  tags: ['meshwarden', 'istio', 'security'],
  timezone: '',
  editable: true,
  graphTooltip: g.DashboardCursorSync.Crosshair,
  schemaVersion: 39,
  version: 1,
  refresh: '30s',
  time: {from: 'now-3h', to: 'now'},
  timepicker: {},
  links: [
    {
      title: 'Console',
      type: 'link',
      icon: 'external link',
      tooltip: "Meshwarden's console",
      url: '${console}',
      tags: [],
      asDropdown: false,
      includeVars: false,
      keepTime: false,
      targetBlank: true,
    },
  ],
  templating: {
    list: [
      {
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
      },
      {
        name: 'console',
        label: 'Console',
        type: 'textbox',
        query: 'http://127.0.0.1:20011',
        hide: 2,
        current: {selected: true, text: 'http://127.0.0.1:20011', value: 'http://127.0.0.1:20011'},
        options: [{selected: true, text: 'http://127.0.0.1:20011', value: 'http://127.0.0.1:20011'}],
        skipUrlSync: false,
      },
    ],
  },
  annotations: {list: [builtIn, incidents]},
  panels: layout(rows),
};

writeFileSync(process.argv[2], JSON.stringify(dashboard, null, 2) + '\n');
