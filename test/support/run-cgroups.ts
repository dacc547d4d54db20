/**
 * The collector `cgroups` as another user or in another namespace: polls at each line of its input and writes what it says as JSON.
 * Argument: networks of a look that is made up; without them it looks itself.
 */
import { createInterface } from 'node:readline';
import { cgroups } from '../../src/collectors/cgroups.ts';
import type { ContainerEnd } from '../../src/contract/evidence.ts';
import type { NodeNetwork } from '../../src/contract/node.ts';
import type { Outcome, Target } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { testContext } from './context.ts';
import { EvidenceSeen } from './evidence-seen.ts';
import { nodeOf } from './node-look.ts';

const createCgroups = await cgroups.load();

export interface CgroupsSaid {
  readonly outcome: Outcome;
  readonly samples: readonly string[];
  readonly targets: readonly Target[];
  /** `isActive` of oom_killed by gateway and container. */
  readonly conditions: Readonly<Record<string, boolean | null>>;
  /** Told so far. */
  readonly ends: readonly ContainerEnd[];
}

const networks = process.argv[2] && (JSON.parse(process.argv[2]) as NodeNetwork[]);
const clock = { now: () => Date.now() };
const paths = { proc: '/proc', root: '' };
const registry = new MetricRegistry(clock);
const conditions: Record<string, boolean | null> = {};
const evidence = new EvidenceSeen();
const context = testContext(registry.writers(cgroups.metrics), {
  ...{ clock, paths, evidence },
  node: networks
    ? nodeOf({ networks })
    : new NodeWatch({ clock, paths: () => paths, upstreamAddresses: () => new Set<string>() }),
  conditions: {
    condition: ({ subject, isActive }) => {
      conditions[`${subject.gateway}/${subject.container}`] = isActive;
    },
  },
});
const collector = createCgroups(cgroups.schema.parse({ interval: '50ms' }), context);
for await (const _ of createInterface({ input: process.stdin })) {
  const outcome = await collector.poll(new AbortController().signal);
  const samples = (await registry.render('text', 'test')).toString().split('\n').filter(Boolean);
  const targets = collector.targets?.() ?? [];
  const said: CgroupsSaid = {
    ...{ outcome, samples: samples.filter((line) => !line.startsWith('#')), targets, conditions },
    ends: evidence.ends,
  };
  console.log(JSON.stringify(said));
}
