import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ingressNginx } from '../../src/collectors/ingress-nginx.ts';
import { nginxPlus } from '../../src/collectors/nginx-plus.ts';
import { formatPlace, subjectOfTarget } from '../../src/collectors/upstream-api-config.ts';

const schemas = { ingressNginx: ingressNginx.schema, nginxPlus: nginxPlus.schema };
type Unit = keyof typeof schemas;
const parse = (unit: Unit, config: object) => schemas[unit].safeParse(config);
const place = (unit: Unit, url: string) => {
  const { data, error } = parse(unit, { targets: [{ url }] });
  return data ? formatPlace(data.targets[0].url) : error.issues[0].message;
};
const errors = (unit: Unit, config: object) => parse(unit, config).error?.issues.map(({ message }) => message);

describe('configuration of what is asked for upstreams', () => {
  it('reads addresses, with a path only where there may be another', () => {
    assert.equal(place('ingressNginx', 'http://127.0.0.1:10246'), 'http://127.0.0.1:10246');
    assert.equal(place('ingressNginx', 'http://[::1]:10246/'), 'http://[::1]:10246');
    assert.equal(place('ingressNginx', 'unix:/run/status.sock'), 'unix:/run/status.sock');
    assert.equal(place('nginxPlus', 'http://127.0.0.1:8080'), 'http://127.0.0.1:8080/api');
    assert.equal(place('nginxPlus', 'http://127.0.0.1:8080/x/api//'), 'http://127.0.0.1:8080/x/api');
    assert.equal(place('nginxPlus', 'unix:/run/plus.sock'), 'unix:/run/plus.sock:/api');
    assert.equal(place('nginxPlus', 'unix:/run/plus.sock:/x'), 'unix:/run/plus.sock:/x');
  });

  it('refuses everything else without repeating it', () => {
    const wrong = [
      'https://127.0.0.1/',
      'http://u:secret@127.0.0.1',
      '127.0.0.1:80',
      '',
      'unix:x',
      'http://127.0.0.1?q',
    ];
    for (const unit of ['ingressNginx', 'nginxPlus'] as const)
      for (const url of wrong) assert.match(place(unit, url), /^must be http:\/\/HOST:PORT(?!.*secret)/, url);
    for (const url of ['http://127.0.0.1/api?x', 'http://127.0.0.1/api#x', 'http://127.0.0.1/a b'])
      assert.match(place('nginxPlus', url), /^must be/, url);
    // nginx compares the target of the request: no other path than the one in code is ever sent.
    for (const url of ['http://127.0.0.1:10246/configuration/backends', 'unix:/run/s.sock:/configuration/servers'])
      assert.match(place('ingressNginx', url), /^must be/, url);
  });

  it('wants other hosts allowed, and targets told apart', () => {
    const remote = { targets: [{ url: 'http://10.0.0.1:8080' }] };
    assert.deepEqual(errors('nginxPlus', remote), ['is not loopback or a unix socket; set allow_remote: true']);
    assert.equal(errors('nginxPlus', { ...remote, allow_remote: true }), undefined);
    const [one, other] = [{ url: 'http://127.0.0.1:1' }, { url: 'http://127.0.0.1:2' }];
    assert.deepEqual(errors('nginxPlus', { targets: [one, other] }), [
      'another target has the same gateway, namespace, pod and container',
    ]);
    assert.deepEqual(errors('nginxPlus', { targets: [one, { ...one, gateway: 'b' }] }), [
      'another target has the same url',
    ]);
    assert.equal(errors('nginxPlus', { targets: [one, { ...other, gateway: 'b' }] }), undefined);
  });

  it('names gateways as nginx_config does', () => {
    const subject = (fields: object, own = { namespace: 'edge', pod: 'nginx-gw-6d4cf56db6-x7k2p' }) => {
      const target = { url: 'http://127.0.0.1:1', ...fields };
      return Object.values(subjectOfTarget(nginxPlus.schema.parse({ targets: [target] }).targets[0], own));
    };
    assert.deepEqual(subject({}), ['edge', 'nginx-gw-6d4cf56db6-x7k2p', '', 'nginx-gw']);
    assert.deepEqual(subject({ pod: 'other-0' }), ['', 'other-0', '', 'other']);
    assert.deepEqual(subject({ gateway: 'g', namespace: 'n', container: 'c' }), [
      'n',
      'nginx-gw-6d4cf56db6-x7k2p',
      'c',
      'g',
    ]);
    assert.deepEqual(subject({}, { namespace: '', pod: '' }), ['', '', '', 'nginx']);
  });
});
