// Bundles draw.tsx. The CommonJS forms of Grafana's packages, since their modules take the defaults of others wrongly.
import {build} from 'esbuild';

const whole = name => [`@grafana/${name}`, `./node_modules/@grafana/${name}/dist/cjs/index.cjs`];
await build({
  entryPoints: ['draw.tsx'],
  outfile: 'out/draw.js',
  bundle: true,
  format: 'iife',
  jsx: 'automatic',
  logLevel: 'error',
  loader: {'.svg': 'text', '.woff2': 'empty', '.ttf': 'empty', '.png': 'dataurl'},
  define: {'process.env.NODE_ENV': '"production"', global: 'window'},
  alias: Object.fromEntries(['ui', 'data', 'schema'].map(whole)),
});
