// Draws rows of a dashboard over a Prometheus: ?dashboard=FILE&prometheus=URL&rows=TITLE|TITLE&minutes=15&step=20.
// window.ready is set when all is drawn, window.bottom is where it ends.
import 'uplot/dist/uPlot.min.css';
import {ThemeContext} from '@grafana/data';
import {GlobalStyles, PanelChrome} from '@grafana/ui';
import {createRoot} from 'react-dom/client';
import {ask, Series, Span, theme} from './answers';
import {forms} from './forms';

const wish = new URLSearchParams(location.search);
const step = Number(wish.get('step') ?? 20);
const line = 38; // Grafana's height of one unit, with its gap
const head = 48;

function chosen(dashboard: any): any[] {
  const rows = wish.get('rows')!.split('|');
  let row = '';
  return dashboard.panels.filter((panel: any) => {
    if (panel.type === 'row') row = panel.title;
    return rows.includes(row);
  });
}

const stepOf = (panel: any) => (panel.interval === '1m' ? Math.max(60, step) : step);

interface Read {
  dashboard: any;
  panels: any[];
  answers: Series[][][];
  span: Span;
}

function Page({dashboard, panels, answers, span}: Read) {
  const unit = (innerWidth - 16) / 24;
  // Rows that are left out leave no hole: panels are counted from the first of their row.
  let below = 0, first = 0, tallest = 0;
  const drawn = panels.map((panel, index) => {
    const at = panel.gridPos;
    if (panel.type === 'row') {
      below += tallest;
      [first, tallest] = [at.y, 0];
    }
    tallest = Math.max(tallest, at.y - first + at.h);
    const box = {
      position: 'absolute',
      left: 8 + at.x * unit,
      top: head + (below + at.y - first) * line,
      width: at.w * unit - 8,
      height: at.h * line - 8,
    } as const;
    const title = {...box, fontSize: 16, padding: 4};
    if (panel.type === 'row') return <div key={panel.id} style={title}>⌄ {panel.title}</div>;
    const Form = forms[panel.type];
    const look = {panel, span, results: answers[index], step: stepOf(panel)};
    return (
      <div key={panel.id} style={box}>
        <PanelChrome title={panel.title} width={box.width} height={box.height}>
          {(width, height) => <Form {...look} width={width} height={height} />}
        </PanelChrome>
      </div>
    );
  });
  (window as any).bottom = head + (below + tallest) * line + 8;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{position: 'absolute', left: 16, top: 12, fontSize: 20}}>{dashboard.title}</div>
      {drawn}
    </ThemeContext.Provider>
  );
}

async function main() {
  const dashboard = await (await fetch(wish.get('dashboard')!)).json();
  const to = Math.floor(Date.now() / 1000 / 60) * 60;
  const all = dashboard.templating.list.map((one: any) => [one.name, one.allValue ?? one.query]);
  const variables = Object.fromEntries(all);
  const span = {prometheus: wish.get('prometheus')!, from: to - 60 * Number(wish.get('minutes') ?? 15), to, variables};
  const panels = chosen(dashboard).filter(panel => panel.type === 'row' || forms[panel.type]);
  const answersOf = (panel: any): Promise<Series[][]> =>
    Promise.all((panel.targets ?? []).map((one: any) => ask(one, stepOf(panel), span)));
  const answers = await Promise.all(panels.map(answersOf));
  createRoot(document.getElementById('root')!).render(<Page {...{dashboard, panels, answers, span}} />);
  setTimeout(() => ((window as any).ready = true), 3000);
}

main().catch(error => {
  document.body.innerText = String(error.stack);
  (window as any).ready = true;
});
