// Asks a Prometheus what a panel asks, and dresses the answers for Grafana's components.
import {createTheme, DataFrame, Field, FieldType, getDisplayProcessor} from '@grafana/data';

export const theme = createTheme({colors: {mode: 'dark'}});

export interface Series {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

export interface Span {
  prometheus: string;
  from: number; // seconds since the epoch
  to: number;
  variables: Record<string, string>;
}

function filled(expression: string, step: number, span: Span): string {
  const known: Record<string, string> = {
    __rate_interval: `${Math.max(10, step)}s`,
    __interval: `${step}s`,
    __interval_ms: `${1000 * step}`,
    __range: `${span.to - span.from}s`,
    ...span.variables,
  };
  return expression.replace(/\$(\w+)/g, (whole, name) => known[name] ?? whole);
}

export async function ask(target: any, step: number, span: Span): Promise<Series[]> {
  const body = new URLSearchParams({query: filled(target.expr, step, span)});
  const times = target.instant ? {time: span.to} : {start: span.from, end: span.to, step};
  for (const [name, value] of Object.entries(times)) body.set(name, String(value));
  const path = target.instant ? 'query' : 'query_range';
  const answer = await (await fetch(`${span.prometheus}/api/v1/${path}`, {method: 'POST', body})).json();
  return answer.data.result;
}

export function named(legend: string, labels: Record<string, string>): string {
  if (legend === '__auto') return Object.values(labels).join(' ');
  return legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '').trim();
}

// In JSON the first threshold has no value; in memory it is minus infinity.
function thresholds(defaults: any) {
  if (!defaults.thresholds) return undefined;
  const steps = defaults.thresholds.steps.map((step: any) => ({...step, value: step.value ?? -Infinity}));
  return {...defaults.thresholds, steps};
}

export function dressed(defaults: any, values: (number | null)[], displayName: string, seriesIndex = 0): Field {
  const mode = defaults.thresholds ? 'thresholds' : 'palette-classic';
  const config = {color: {mode}, ...defaults, thresholds: thresholds(defaults), displayName};
  const field: Field = {name: 'Value', type: FieldType.number, values, config, state: {seriesIndex, displayName}};
  field.display = getDisplayProcessor({field, theme});
  return field;
}

/** One frame a series, a value at every step, null where there is none. */
export function frames(panel: any, results: Series[][], step: number, span: Span): DataFrame[] {
  let index = 0;
  const times: number[] = [];
  for (let at = span.from; at <= span.to; at += step) times.push(at);
  const frame = (series: Series, legend: string): DataFrame => {
    const have = new Map((series.values ?? []).map(([at, value]) => [at, Number(value)]));
    const values = times.map(at => (Number.isFinite(have.get(at)) ? have.get(at)! : null));
    const time: Field = {name: 'Time', type: FieldType.time, values: times.map(at => at * 1000), config: {}};
    time.config.interval = step * 1000;
    time.display = getDisplayProcessor({field: time, theme});
    const value = dressed(panel.fieldConfig.defaults, values, named(legend, series.metric), index++);
    return {length: times.length, fields: [time, value]};
  };
  return results.flatMap((all, query) => all.map(series => frame(series, panel.targets[query].legendFormat)));
}
