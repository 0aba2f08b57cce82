// The forms of panel, with the components that Grafana's own panels are made of.
import {dateTime, Field, FieldType, getDisplayProcessor} from '@grafana/data';
import {BarGauge, BigValue, Table, TimeSeries} from '@grafana/ui';
import {dressed, frames, named, Series, Span, theme} from './answers';

export interface Drawn {
  panel: any;
  results: Series[][];
  step: number;
  span: Span;
  width: number;
  height: number;
}

const faint = {color: '#8e8e99', textAlign: 'center', display: 'grid', placeItems: 'center', height: '100%'} as const;
const Nothing = ({panel}: {panel: any}) => <div style={faint}>{panel.fieldConfig.defaults.noValue}</div>;

function Plot({panel, results, step, span, width, height}: Drawn) {
  const all = frames(panel, results, step, span);
  if (!all.length) return <Nothing panel={panel} />;
  const [from, to] = [dateTime(span.from * 1000), dateTime(span.to * 1000)];
  const properties = {
    ...{width, height, frames: all, timeZone: 'utc', structureRev: 1, options: {}},
    timeRange: {from, to, raw: {from, to}},
    legend: {...panel.options.legend, displayMode: 'list', calcs: []},
  };
  return <TimeSeries {...(properties as any)}>{() => null}</TimeSeries>;
}

function shown(panel: any, results: Series[][]) {
  return results.flatMap((all, query) =>
    all.map(series => {
      const title = named(panel.targets[query].legendFormat, series.metric);
      const field = dressed(panel.fieldConfig.defaults, [], title);
      return {field, value: {...field.display!(Number(series.value![1])), title}};
    }),
  );
}

function Stats({panel, results, width, height}: Drawn) {
  const all = shown(panel, results);
  if (!all.length) return <Nothing panel={panel} />;
  const gap = 4;
  const across = width > height * 1.2;
  const part = ((across ? width : height) - gap * (all.length - 1)) / all.length;
  const size = across ? {width: part, height} : {width, height: part};
  const look = {theme, colorMode: 'background', graphMode: 'none', textMode: 'value_and_name', count: all.length};
  return (
    <div style={{display: 'flex', flexDirection: across ? 'row' : 'column', gap}}>
      {all.map(({value}, index) => <BigValue key={index} {...({...look, ...size, value} as any)} />)}
    </div>
  );
}

function Gauges({panel, results, width, height}: Drawn) {
  const all = shown(panel, results);
  if (!all.length) return <Nothing panel={panel} />;
  const longest = all.reduce((found, {value}) => (value.title.length > found.length ? value.title : found), '');
  const look = {
    ...{theme, width, height: Math.min(26, height / all.length - 3), showUnfilled: true, valueDisplayMode: 'color'},
    ...{orientation: 'horizontal', displayMode: 'basic', namePlacement: 'left'},
    alignmentFactors: {title: longest, text: '100%'},
  };
  return all.map(({field, value}, index) => (
    <div key={index} style={{marginBottom: 3}}>
      <BarGauge {...({...look, value, field: field.config, display: field.display} as any)} />
    </div>
  ));
}

// What the panel's transformations make of the answers.
function rowsOf(panel: any, results: Series[][]): Record<string, any>[] {
  const limit = panel.transformations.find((one: any) => one.id === 'limit');
  if (!limit) return results.flat().map(series => ({...series.metric, Value: Number(series.value![1])}));
  const sum = (series: Series) => (series.values ?? []).reduce((total, [, value]) => total + Number(value), 0);
  const rows = results.flat().map((series): Record<string, any> => ({...series.metric, Total: sum(series)}));
  return rows.sort((a, b) => b.Total - a.Total).slice(0, limit.options.limitField);
}

function column(panel: any, label: string, values: any[]): Field {
  const override = panel.fieldConfig.overrides.find((one: any) => one.matcher.options === label);
  const config: any = {custom: {...panel.fieldConfig.defaults.custom}, thresholds: {mode: 'absolute', steps: []}};
  for (const {id, value} of override?.properties ?? []) {
    if (id.startsWith('custom.')) config.custom[id.slice('custom.'.length)] = value;
    else if (id !== 'links') config[id] = value;
  }
  const type = typeof values[0] === 'number' ? FieldType.number : FieldType.string;
  const field: Field = {name: label, type, values, config, state: {displayName: label}};
  field.display = getDisplayProcessor({field, theme});
  field.getLinks = () => [];
  return field;
}

function Grid({panel, results, width, height}: Drawn) {
  const labels: Record<string, string> = panel.transformations.at(-1).options.renameByName;
  const rows = rowsOf(panel, results);
  if (!rows.length) return <Nothing panel={panel} />;
  const [{displayName, desc}] = panel.options.sortBy;
  const key = Object.keys(labels).find(name => labels[name] === displayName)!;
  rows.sort((a, b) => (a[key] > b[key] ? 1 : a[key] < b[key] ? -1 : 0) * (desc ? -1 : 1));
  const values = (name: string) => rows.map(row => row[name] ?? '');
  const fields = Object.entries(labels).map(([name, label]) => column(panel, label, values(name)));
  return <Table {...({data: {length: rows.length, fields}, width, height, cellHeight: 'sm'} as any)} />;
}

export const forms: Record<string, (drawn: Drawn) => any> = {
  timeseries: Plot,
  stat: Stats,
  table: Grid,
  bargauge: Gauges,
};
