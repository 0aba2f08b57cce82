// Tables: of an instant answer, and of the largest sums of bars.
import * as g from '@grafana/schema';
import type {
  FieldConfig as TableField,
  Options as TableOptions,
} from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts';
import {Common, inSteps, Link, noEvents, Spec, spec} from './panels';

export interface Column {
  name: string;
  label: string;
  width?: number;
  link?: Link;
  unit?: string;
  mapping?: g.ValueMap;
  hidden?: boolean;
}

/** A table of the named columns in that order; rows are what `rows` makes of the answers. */
function columnsOf(
  common: Common,
  columns: Column[],
  sortBy: string,
  desc: boolean,
  rows: g.DataTransformerConfig[],
): Spec {
  const custom: TableField = {align: 'auto', cellOptions: {type: g.TableCellDisplayMode.Auto}, inspect: false};
  const options: TableOptions = {
    cellHeight: g.TableCellHeight.Sm,
    frameIndex: 0,
    showHeader: true,
    sortBy: [{displayName: sortBy, desc}],
  };
  const shown = columns.filter(column => !column.hidden);
  const hidden = columns.filter(column => column.hidden).map(column => [column.name, true]);
  const overrides = shown.map(column => ({
    matcher: {id: 'byName', options: column.label},
    properties: [
      ...(column.unit ? [{id: 'unit', value: column.unit}] : []),
      ...(column.width ? [{id: 'custom.width', value: column.width}] : []),
      ...(column.link ? [{id: 'links', value: [{...column.link, targetBlank: true}]}] : []),
      ...(column.mapping
        ? [
            {id: 'mappings', value: [column.mapping]},
            {id: 'custom.cellOptions', value: {type: g.TableCellDisplayMode.ColorText}},
          ]
        : []),
    ],
  }));
  const transformations: g.DataTransformerConfig[] = [
    ...rows,
    {
      id: 'organize',
      options: {
        excludeByName: {Time: true, Field: true, ...Object.fromEntries(hidden)},
        indexByName: Object.fromEntries(shown.map((column, index) => [column.name, index])),
        renameByName: Object.fromEntries(shown.map(column => [column.name, column.label])),
      },
    },
  ];
  return spec('table', common, options, {defaults: {custom: {...custom}}, overrides}, {transformations});
}

/** One row an element of an instant vector. */
export function table(common: Common, columns: Column[], sortBy: string, desc = false): Spec {
  return columnsOf(common, columns, sortBy, desc, []);
}

/** The series of all queries with the largest sums over the range: bars that are added up, so that births count. */
export function ranking(common: Common, columns: Column[], rows: number): Spec {
  return inSteps(
    columnsOf({nothing: noEvents, ...common}, columns, 'Events', true, [
      {id: 'reduce', options: {mode: 'seriesToRows', reducers: ['sum'], labelsToFields: true}},
      {id: 'sortBy', options: {sort: [{field: 'Total', desc: true}]}},
      {id: 'limit', options: {limitField: rows}},
    ]),
  );
}
