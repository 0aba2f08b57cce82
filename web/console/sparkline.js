// A small line of one evidence series: the counter's value over the frozen window.
import {svg} from './dom.js';
import {amount} from './words.js';

const width = 180, height = 36, inset = 3;

export function sparkline(points) {
  const known = points.filter(([, value]) => typeof value === 'number');
  if (known.length < 2) return svg('svg', {class: 'spark', width, height, 'aria-hidden': 'true'});
  const times = known.map(([at]) => at), values = known.map(([, value]) => value);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at) => inset + (at - first) / (last - first || 1) * (width - 2 * inset);
  const y = (value) => height - inset - (value - low) / (high - low || 1) * (height - 2 * inset);
  const line = known.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const floor = height - inset;
  const area = [`${x(times[0]).toFixed(1)},${floor}`, ...line, `${x(times.at(-1)).toFixed(1)},${floor}`];
  const label = `from ${amount(values[0])} to ${amount(values.at(-1))} in ${Math.round(last - first)} seconds`;
  const frame = {class: 'spark', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label};
  return svg('svg', frame,
    svg('title', {}, label),
    svg('polygon', {class: 'area', points: area.join(' ')}),
    svg('polyline', {class: 'line', points: line.join(' ')}),
    svg('circle', {class: 'dot', cx: x(times.at(-1)).toFixed(1), cy: y(values.at(-1)).toFixed(1), r: 2.5}));
}
