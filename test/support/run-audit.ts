/** Polls the audit once with the configuration given as JSON; writes {outcome, samples}. */
import { audit } from '../../src/collectors/audit.ts';
import { startUnit } from './poll.ts';

const unit = await startUnit(audit, JSON.parse(process.argv[2]));
const outcome = await unit.poll();
process.stdout.write(JSON.stringify({ outcome, samples: await unit.samples() }));
