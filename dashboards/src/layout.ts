// Where panels stand: rows of 24 columns, filled from left to right.
import type {Panel, RowPanel} from '@grafana/schema';
import type {Row} from './panels';

/** Numbers the panels and places them below one another. */
export function layout(rows: Row[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let id = 1;
  let y = 0;
  for (const row of rows) {
    placed.push({
      id: id++,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: {x: 0, y, w: 24, h: 1},
      panels: [],
    });
    y += 1;
    let x = 0;
    let tallest = 0;
    for (const {panel, width, height} of row.panels) {
      if (x + width > 24) {
        y += tallest;
        x = tallest = 0;
      }
      placed.push({id: id++, gridPos: {x, y, w: width, h: height}, ...panel} as Panel);
      x += width;
      tallest = Math.max(tallest, height);
    }
    y += tallest;
  }
  return placed;
}
