// The three dashboards, from top to bottom: what is wrong now, then topic by topic, then what can be seen at all.
import * as g from '@grafana/schema';
import {now, openNow, overTime, telling, topology} from './incident_rows';
import {layout} from './layout';
import {controlPlane, denials, mtls, unusual} from './mesh_rows';
import {outbox, questions, resources, ticks, well} from './own_rows';
import {Row} from './panels';
import {sight} from './sight';
import {annotations, links, variables} from './variables';

interface Parts {
  uid: string;
  title: string;
  description: string;
  variables: g.VariableModel[];
  annotations: g.AnnotationQuery[];
  rows: Row[];
}

function dashboard(parts: Parts): g.Dashboard {
  return {
    id: null,
    uid: parts.uid,
    title: parts.title,
    description: parts.description,
    tags: ['meshwarden', 'istio', 'security'],
    timezone: '',
    editable: true,
    graphTooltip: g.DashboardCursorSync.Crosshair,
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: {from: 'now-3h', to: 'now'},
    timepicker: {},
    links,
    templating: {list: [...variables.always, ...parts.variables]},
    annotations: {list: parts.annotations},
    panels: layout(parts.rows),
  };
}

/** By file name. */
export const dashboards: Record<string, g.Dashboard> = {
  'security-overview.json': dashboard({
    uid: 'meshwarden-security',
    title: 'Mesh security overview',
    description: "Security of the Istio mesh as Meshwarden and the mesh's own telemetry tell it.",
    variables: variables.place,
    annotations: annotations.overview,
    rows: [now, denials, mtls, unusual, topology, controlPlane, sight],
  }),
  'incidents.json': dashboard({
    uid: 'meshwarden-incidents',
    title: 'Mesh security incidents',
    description: 'Incidents of Meshwarden: what is open, what came when, and how soon people were told.',
    variables: variables.incident,
    annotations: annotations.incidents,
    rows: [openNow, overTime, telling],
  }),
  'meshwarden.json': dashboard({
    uid: 'meshwarden-itself',
    title: 'Meshwarden itself',
    description: 'Whether Meshwarden does its work, what it cannot see, and what it costs.',
    variables: [],
    annotations: annotations.itself,
    rows: [well, ticks, questions, sight, outbox, resources],
  }),
};
