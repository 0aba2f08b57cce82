// The dashboard from top to bottom: what is wrong now, then topic by topic, then what can be seen at all.
import {controlPlane, denials, mtls, unusual} from './mesh_rows';
import {itself, now, sight, topology} from './own_rows';
import {Row} from './panels';

export const rows: Row[] = [now, denials, mtls, unusual, topology, controlPlane, sight, itself];
