/** Polls nginx_workers once; writes {outcome, notes, samples} of the gateway that the argument names as JSON. */
import { watchWorkers } from './workers-rig.ts';

const rig = watchWorkers(process.argv[2]);
const outcome = await rig.poll();
console.log(JSON.stringify({ outcome, notes: rig.collector.notes?.(), samples: await rig.samples() }));
