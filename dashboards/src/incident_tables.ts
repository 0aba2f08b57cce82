// Tables of incidents, as Meshwarden's own metrics tell of them. Open ones are at most 1,000, the newest.
import {Spec, valueMapping} from './panels';
import {Column, table} from './tables';

const states: Record<string, string> = {open: 'red', acknowledged: 'orange', resolved: 'green'};
const stateMapping = {
  type: 'value',
  options: Object.fromEntries(Object.entries(states).map(([text, color], index) => [text, {text, color, index}])),
} as ReturnType<typeof valueMapping>;

const began = 'meshwarden_incident_started_timestamp_seconds';
const lasting = 'id, rule, severity, source, destination';

export function open(matcher: string): string {
  const info = `meshwarden_incident_info{${matcher}}`;
  return `max by (${lasting}, state) (${info} * on (id) group_left () max by (id) (${began}))`;
}

export function resolved(matcher: string): string {
  const info = `last_over_time(meshwarden_incident_info{${matcher}}[$__range])`;
  const then = `max by (id) (last_over_time(${began}[$__range]))`;
  const known = `max by (${lasting}) (${info} * on (id) group_left () ${then}) unless on (id) meshwarden_incident_info`;
  return `label_replace(${known}, "state", "resolved", "", "")`;
}

const columns: Column[] = [
  {name: 'state', label: 'State', width: 110, mapping: stateMapping},
  {name: 'severity', label: 'Severity', width: 90},
  {name: 'rule', label: 'Rule', width: 190},
  {name: 'source', label: 'Source'},
  {name: 'destination', label: 'Destination'},
  {name: 'Value', label: 'Began', width: 150, unit: 'dateTimeFromNow'},
  {
    name: 'id',
    label: 'Incident',
    link: {title: 'Open in the console', url: '${console}/#/incidents/${__data.fields.Incident:percentencode}'},
  },
];

export function incidentTable(title: string, description: string, width: number, expr: string): Spec {
  return table(
    {
      title,
      description,
      width,
      height: 9,
      nothing: 'no such incident, if Meshwarden answers: see "Last good poll"',
      queries: [{expr: `1000 * (${expr})`, instant: true, table: true}],
    },
    columns,
    'State',
  );
}
