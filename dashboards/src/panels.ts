// The few forms of panel that the dashboards have.
import * as g from '@grafana/schema';
import type {
  FieldConfig as TimeSeriesField,
  Options as TimeSeriesOptions,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
import type {Options as StatOptions} from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type {
  FieldConfig as TimelineField,
  Options as TimelineOptions,
} from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts';
import type {Options as BarGaugeOptions} from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts';

export const source: g.DataSourceRef = {type: 'prometheus', uid: '${datasource}'};

export interface Query {
  expr: string;
  legend?: string;
  instant?: boolean;
  table?: boolean;
}

export const unknown = 'unknown: Meshwarden does not answer';
export const noEvents = 'no such event here, as far as can be seen: see "Can it be seen?"';

/** The same where Meshwarden itself counts. */
export const noneCounted = 'none here, if Meshwarden answers: see "Last good poll"';

type Fields<T> = g.FieldConfigSource<T>;

export interface Spec {
  width: number;
  height: number;
  panel: Omit<g.Panel, 'id' | 'gridPos'>;
}

export interface Row {
  title: string;
  panels: Spec[];
}

export interface Common {
  title: string;
  description: string;
  width: number;
  height?: number;
  queries: Query[];
  /** What stands where there is no data: never a bare "No data", which nobody can tell from all is well. */
  nothing?: string;
  links?: Link[];
}

/** Values in the url must be written `${...:percentencode}`: labels come from the mesh and may hold anything. */
export interface Link {
  title: string;
  url: string;
}

function targets(queries: Query[]) {
  return queries.map((query, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: source,
    editorMode: 'code',
    expr: query.expr,
    legendFormat: query.legend ?? '__auto',
    range: !query.instant,
    instant: !!query.instant,
    format: query.table ? 'table' : 'time_series',
  }));
}

function shared(common: Common) {
  return {
    noValue: common.nothing ?? 'the data source holds no such series',
    ...(common.links ? {links: common.links.map(link => ({...link, targetBlank: false}))} : {}),
  };
}

export function spec<O extends object, F extends object>(
  type: string,
  common: Common,
  options: O,
  fieldConfig: Fields<F>,
  more: Partial<g.Panel> = {},
): Spec {
  return {
    width: common.width,
    height: common.height ?? 8,
    panel: {
      type,
      title: common.title,
      description: common.description,
      datasource: source,
      targets: targets(common.queries),
      options: options as Record<string, unknown>,
      fieldConfig: {
        ...fieldConfig,
        defaults: {...fieldConfig.defaults, ...shared(common)},
      } as unknown as g.Panel['fieldConfig'],
      ...more,
    },
  };
}

const legend: g.VizLegendOptions = {
  calcs: ['sum'],
  displayMode: g.LegendDisplayMode.Table,
  placement: 'bottom',
  showLegend: true,
  sortBy: 'Total',
  sortDesc: true,
};
const tooltip: g.VizTooltipOptions = {mode: g.TooltipDisplayMode.Multi, sort: g.SortOrder.Descending};

/** Of what is made of events a step is never shorter than a minute, so that no scrape falls between two. */
export function inSteps(spec: Spec): Spec {
  return {...spec, panel: {...spec.panel, interval: '1m'}};
}

/** Events as stacked bars, one a step. */
export function bars(common: Common): Spec {
  const custom: TimeSeriesField = {
    drawStyle: g.GraphDrawStyle.Bars,
    fillOpacity: 70,
    lineWidth: 0,
    stacking: {mode: g.StackingMode.Normal, group: 'A'},
    axisLabel: 'events',
    axisSoftMin: 0,
  };
  const options: TimeSeriesOptions = {legend, tooltip};
  return inSteps(
    spec('timeseries', {nothing: noEvents, ...common}, options, {
      defaults: {unit: 'short', decimals: 0, min: 0, custom: {...custom}},
      overrides: [],
    }),
  );
}

/** Levels and rates as lines. */
export function lines(common: Common, unit = 'short', stacked = false): Spec {
  const custom: TimeSeriesField = {
    drawStyle: g.GraphDrawStyle.Line,
    lineWidth: 1,
    fillOpacity: stacked ? 30 : 5,
    stacking: {mode: stacked ? g.StackingMode.Normal : g.StackingMode.None, group: 'A'},
    showPoints: g.VisibilityMode.Never,
    axisSoftMin: 0,
  };
  const options: TimeSeriesOptions = {legend: {...legend, calcs: ['lastNotNull', 'max'], sortBy: 'Max'}, tooltip};
  return spec('timeseries', common, options, {defaults: {unit, custom: {...custom}}, overrides: []});
}

/** Lines of what is made of events. */
export function stepwise(common: Common, unit: string): Spec {
  return inSteps(lines({nothing: noEvents, ...common}, unit));
}

export interface Step {
  color: string;
  value: number | null;
}

/** One number a series, coloured by steps (the first has no value). */
export function stat(
  common: Common,
  steps: Step[],
  more: {unit?: string; mappings?: g.ValueMap[]} = {},
): Spec {
  const options: StatOptions = {
    colorMode: g.BigValueColorMode.Background,
    graphMode: g.BigValueGraphMode.None,
    justifyMode: g.BigValueJustifyMode.Auto,
    orientation: g.VizOrientation.Auto,
    percentChangeColorMode: g.PercentChangeColorMode.Standard,
    reduceOptions: {calcs: ['lastNotNull'], fields: '', values: false},
    showPercentChange: false,
    text: {},
    textMode: g.BigValueTextMode.ValueAndName,
    wideLayout: true,
  };
  const thresholds = {mode: g.ThresholdsMode.Absolute, steps: steps as g.Threshold[]};
  return spec('stat', {nothing: unknown, ...common}, options, {
    defaults: {unit: 'short', thresholds, ...more},
    overrides: [],
  });
}

export interface State {
  value: number;
  text: string;
  color: string;
}

export function valueMapping(states: State[]): g.ValueMap {
  return {
    type: g.MappingType.ValueToText,
    options: Object.fromEntries(states.map(({value, text, color}, index) => [String(value), {text, color, index}])),
  } as g.ValueMap;
}

/** One lane a series, coloured by its state. */
export function timeline(common: Common, states: State[], perPage = 0): Spec {
  const custom: TimelineField = {fillOpacity: 80, lineWidth: 0};
  const options: TimelineOptions = {
    alignValue: 'left',
    legend: {...legend, calcs: [], displayMode: g.LegendDisplayMode.List},
    mergeValues: true,
    ...(perPage ? {perPage} : {}),
    rowHeight: 0.85,
    showValue: g.VisibilityMode.Never,
    tooltip,
  };
  return spec('state-timeline', common, options, {
    defaults: {custom: {...custom}, mappings: [valueMapping(states)], color: {mode: g.FieldColorModeId.Thresholds}},
    overrides: [],
  });
}

export function barGauge(common: Common, steps: Step[], unit: string): Spec {
  const options: BarGaugeOptions = {
    displayMode: g.BarGaugeDisplayMode.Basic,
    legend: {calcs: [], displayMode: g.LegendDisplayMode.List, placement: 'bottom', showLegend: false},
    maxVizHeight: 300,
    minVizHeight: 16,
    minVizWidth: 8,
    namePlacement: g.BarGaugeNamePlacement.Left,
    orientation: g.VizOrientation.Horizontal,
    reduceOptions: {calcs: ['lastNotNull'], fields: '', values: false},
    showUnfilled: true,
    sizing: g.BarGaugeSizing.Auto,
    valueMode: g.BarGaugeValueMode.Color,
  };
  return spec('bargauge', common, options, {
    defaults: {unit, min: 0, max: 1, thresholds: {mode: g.ThresholdsMode.Absolute, steps: steps as g.Threshold[]}},
    overrides: [],
  });
}
