/** Polls one kernel collector of this process's namespace once; writes {outcome, samples} as JSON. */
import { conntrack } from '../../src/collectors/conntrack.ts';
import { netstat } from '../../src/collectors/netstat.ts';
import { startUnit } from './poll.ts';

const unit = process.argv[2] === 'netstat' ? await startUnit(netstat, {}) : await startUnit(conntrack, {});
const outcome = await unit.poll();
console.log(JSON.stringify({ outcome, samples: await unit.samples() }));
