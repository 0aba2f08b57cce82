// Tables of incidents, as Meshwarden's own metrics tell of them. Open ones are at most 1,000, the newest.
import {Spec, State, valueMapping} from './panels';
import {Column, table} from './tables';

export const severities: State[] = [
  {value: 1, text: 'info', color: '#808080'},
  {value: 2, text: 'low', color: 'blue'},
  {value: 3, text: 'medium', color: 'yellow'},
  {value: 4, text: 'high', color: 'orange'},
  {value: 5, text: 'critical', color: 'red'},
];

/** What stands where no incident is listed: the list is there only while the database can be read. */
export const noIncident = 'none, if "Open incidents" shows numbers';

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

const listed = (matcher: string) => `last_over_time(meshwarden_incident_info{${matcher}}[$__range])`;

// An escalated incident was listed with several severities: the gravest alone.
const gravest = [...severities]
  .reverse()
  .map(({text}) => listed(`severity="${text}"`))
  .join(' or on (id) ');

// Instances that list every open incident now: neither one that is down or cannot read its database, nor one that has
// more than it may list. An incident is resolved if the instance that listed it is among them and lists it no more.
const count = 'sum by (job, instance) (meshwarden_incidents_open)';
const listAll = `(count by (job, instance) (meshwarden_incident_info) or 0 * ${count}) == ${count}`;

export function resolved(matcher: string): string {
  const then = `max by (id) (last_over_time(${began}[$__range]))`;
  const known = `((${gravest}) and ${listed(matcher)}) * on (id) group_left () ${then}`;
  const past = `max by (${lasting}) (${known} and on (job, instance) (${listAll}))`;
  return `label_replace(${past} unless on (id) meshwarden_incident_info, "state", "resolved", "", "")`;
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
      nothing: noIncident,
      queries: [{expr: `1000 * (${expr})`, instant: true, table: true}],
    },
    columns,
    'State',
  );
}
