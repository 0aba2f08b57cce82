// Writes the dashboards into the folder named.
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {dashboards} from './dashboards';

for (const [name, dashboard] of Object.entries(dashboards))
  writeFileSync(join(process.argv[2], name), JSON.stringify(dashboard, null, 2) + '\n');
