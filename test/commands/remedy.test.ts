import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Command } from 'commander';
import { type RemedyOptions, runRemedy } from '../../src/commands/remedy.ts';
import { addRemedy } from '../../src/commands/remedy-flags.ts';
import { createServers, type Servers } from '../../src/http/servers.ts';
import { endpoint, slice } from '../facts/slices.ts';
import { EDGE, view } from '../facts/views.ts';
import { createDoubles } from '../support/http-doubles.ts';
import { createTruth } from '../support/truth.ts';

const STEPS = `1. restart the controller
   kubectl -n nginx-gateway rollout restart deployment/ngf
2. wait until it is ready
   kubectl -n nginx-gateway rollout status deployment/ngf --timeout=5m
3. restart the gateway, and only now
   kubectl -n gw rollout restart deployment/edge
   kubectl -n gw rollout status deployment/edge --timeout=10m
4. verify that no address is stale
   badgateway remedy gw/edge --verify
`;

let servers: Servers;
let truth: ReturnType<typeof createTruth>;
let server: string;

async function run(options: RemedyOptions) {
  let out = '';
  const notes: string[] = [];
  const code = await runRemedy(options, {
    out: (text) => {
      out += text;
    },
    note: (one) => void notes.push(one),
  });
  return { code, out, notes: notes.join('\n') };
}

/** The gateway edge uses an address that has left, and another gateway none. */
function drift(): void {
  const { service, current, now, wait } = truth;
  service('shop/cart');
  current(slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.2')]));
  const uses = (key: string, gateway: string, ...addresses: string[]) =>
    truth.truth.upstreams.report(
      key,
      view({ shop_cart_80: addresses }, { readAtMs: now(), subject: { ...EDGE, gateway, pod: `${gateway}-1` } }),
    );
  uses('edge', 'edge', '10.0.0.1:8080', '10.0.0.2:8080');
  uses('other', 'other', '10.0.0.1:8080');
  truth.truth.look();
  current(slice('a', [endpoint('10.0.0.1')]));
  wait(3000);
  wait(10_000);
}

function heal(): void {
  const subject = { ...EDGE, gateway: 'edge', pod: 'edge-1' };
  truth.truth.upstreams.report('edge', view({ shop_cart_80: ['10.0.0.1:8080'] }, { readAtMs: truth.now(), subject }));
  truth.wait(0);
}

describe('badgateway remedy', () => {
  beforeEach(async () => {
    truth = createTruth();
    const doubles = createDoubles();
    const statusSource = {
      ...doubles.statusSource,
      status: () => doubles.statusSource.status(),
      upstreams: (query: object) => truth.reports.report(query),
    };
    const listen = { metrics: '127.0.0.1:0', page: '127.0.0.1:0' };
    servers = createServers({ ...doubles, statusSource, listen });
    await servers.start();
    server = `http://${servers.addresses().page}`;
  });
  afterEach(() => servers.stop());

  it('prints controller, wait, gateway, verify, and asks nobody when the names are given', async () => {
    const { code, out, notes } = await run({ gateway: 'gw/edge', controller: 'nginx-gateway/ngf' });
    assert.deepEqual([code, out], [0, STEPS]);
    assert.match(notes, /^nothing was run/);
    const unknown = await run({ gateway: 'gw/edge' });
    assert.match(unknown.out, /kubectl -n CONTROLLER-NAMESPACE rollout restart deployment\/CONTROLLER/);
    assert.match(unknown.notes, /--controller/);
  });

  it('takes the gateways that use stale addresses when none is named', async () => {
    drift();
    const { code, out } = await run({ server });
    assert.equal(code, 0);
    assert.match(out, /rollout restart deployment\/edge\n/);
    assert.doesNotMatch(out, /deployment\/other/);
    assert.match(out, new RegExp(`badgateway remedy gw/edge --verify --server '${server}'`));
    heal();
    const after = await run({ server });
    assert.deepEqual([after.code, after.out], [0, '']);
    assert.match(after.notes, /nothing to restart/);
  });

  it('verify: 1 while an address is stale, 0 when none is, of the gateway or of all', async () => {
    drift();
    const [all, edge, other] = [
      await run({ verify: true, server }),
      await run({ verify: true, server, gateway: 'gw/edge' }),
      await run({ verify: true, server, gateway: 'gw/other' }),
    ];
    assert.deepEqual([all.code, all.out, edge.code, other.code], [1, '1 stale address is left\n', 1, 0]);
    heal();
    const after = await run({ verify: true, server });
    assert.deepEqual([after.code, after.out], [0, '0 stale addresses\n']);
  });

  it('verify: 2 when it cannot be told', async () => {
    assert.match((await run({ verify: true, server })).notes, /cannot be told: no such gateway/);
    drift();
    heal();
    const elsewhere = await run({ verify: true, server, gateway: 'other-namespace/edge' });
    assert.deepEqual([elsewhere.code, elsewhere.out], [2, '']);
    truth.wait(3_600_000);
    const old = await run({ verify: true, server });
    assert.equal(old.code, 2);
    assert.match(old.notes, /cannot be told: a gateway was read too long ago/);
    await servers.stop();
    assert.equal((await run({ verify: true, server })).code, 2);
    assert.equal((await run({ server })).code, 2);
  });

  it('has its flags, and gives its exit code', async () => {
    let code = -1;
    const program = new Command();
    addRemedy(program, (result) => {
      code = result;
    });
    await program.parseAsync(['remedy', 'gw/edge', '--verify', '--server', server], { from: 'user' });
    assert.equal(code, 2);
  });

  it('takes names only: nothing that a shell reads as more', async () => {
    for (const gateway of ['edge', 'gw/edge;reboot', 'gw/$(x)', 'a/b/c', 'gw/'])
      assert.equal((await run({ gateway })).code, 2, gateway);
  });
});
