import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBlastRadius } from '../../src/audit/blast-radius.ts';
import { notKnown } from '../../src/audit/fact.ts';
import { readAuditInput } from '../../src/audit/input.ts';
import { unknownFacts } from '../../src/commands/audit-assume.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';

const read = (text: string) => {
  const conf = readNginxConf({ path: 'nginx.conf', text });
  return readBlastRadius(readAuditInput({ conf, context: 'main', missing: [] }, unknownFacts(notKnown(''))));
};

describe('the blast radius of a configuration', () => {
  it('a host of several servers is one, with the upstreams of all', () => {
    const { hosts, upstreams } = read(`http {
      upstream a { server 10.0.0.1; }
      upstream b { server 10.0.0.2; }
      server { listen 80; server_name x x; location / { proxy_pass http://a; } }
      server { listen 443 ssl; server_name x y; location / { grpc_pass grpc://b; } }
    }`);
    assert.deepEqual(hosts, [
      { host: 'x', upstreams: ['a', 'b'], hasVariable: false },
      { host: 'y', upstreams: ['b'], hasVariable: false },
    ]);
    assert.deepEqual(
      upstreams.map(({ name, hosts: needed }) => [name, needed]),
      [
        ['b', ['x', 'y']],
        ['a', ['x']],
      ],
    );
  });

  it('what is chosen at run time is said, and servers of upstream and stream blocks are no hosts', () => {
    const { hosts, services } = read(`http {
      upstream shop_cart_80 { server 10.0.0.1; }
      server { location / { proxy_pass http://$up; } }
    }
    stream { server { listen 1; proxy_pass 10.0.0.2:1; } }`);
    assert.deepEqual(hosts, [{ host: '', upstreams: [], hasVariable: true }]);
    assert.deepEqual(services, ['shop/cart'], 'also of one that nobody uses');
  });
});
