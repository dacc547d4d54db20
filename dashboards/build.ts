/**
 * Writes the dashboards as the JSON that is committed and provisioned.
 *
 *   node dashboards/build.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { capacity } from './capacity.ts';
import { connections } from './connections.ts';
import { envoy } from './envoy.ts';
import { finalise } from './finalise.ts';
import { nginx } from './nginx.ts';
import { node } from './node.ts';
import { overview } from './overview.ts';
import { rollouts } from './rollouts.ts';
import { traffic } from './traffic.ts';
import { triage } from './triage.ts';
import { upstreams } from './upstreams.ts';

/** File name → dashboard. */
export const DASHBOARDS: Readonly<Record<string, () => Dashboard>> = {
  overview,
  triage,
  traffic,
  nginx,
  envoy,
  upstreams,
  rollouts,
  connections,
  node,
  capacity,
};

export function renderDashboard(name: string): string {
  return `${JSON.stringify(finalise(DASHBOARDS[name]()), null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(DASHBOARDS)) {
    writeFileSync(fileURLToPath(new URL(`${name}.json`, import.meta.url)), renderDashboard(name));
  }
}
