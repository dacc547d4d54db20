import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMasterTitle } from '../../src/sources/nginx-discovery-title.ts';

const NOTHING = { config: undefined, prefix: undefined, errorLog: undefined, directives: '' };
const cases: Record<string, object | null> = {
  'nginx: master process nginx\0\0\0\0': { program: 'nginx', ...NOTHING },
  'nginx: master process /usr/sbin/nginx -g daemon on; master_process on;\0': {
    ...NOTHING,
    program: '/usr/sbin/nginx',
    directives: 'daemon on; master_process on;',
  },
  'nginx: master process /usr/sbin/nginx -g daemon off; error_log /x info; -c /etc/a.conf': {
    ...NOTHING,
    program: '/usr/sbin/nginx',
    directives: 'daemon off; error_log /x info;',
    config: '/etc/a.conf',
  },
  'nginx: master process ./nginx -p /srv/gw/ -c conf/gw.conf -e /srv/gw/e.log': {
    program: './nginx',
    prefix: '/srv/gw/',
    config: 'conf/gw.conf',
    errorLog: '/srv/gw/e.log',
    directives: '',
  },
  'nginx: master process nginx -qc/etc/glued.conf': { ...NOTHING, program: 'nginx', config: '/etc/glued.conf' },
  'nginx: master process nginx -c': { ...NOTHING, program: 'nginx' },
  'nginx: worker process': null,
  'vim nginx: master process nginx': null,
  'nginx: master process ': null,
  '': null,
};

for (const [title, expected] of Object.entries(cases)) {
  test(`title ${JSON.stringify(title)}`, () => assert.deepEqual(parseMasterTitle(title), expected));
}

test('any title: null or strings', () => {
  fc.assert(
    fc.property(fc.string(), (tail) => {
      const title = parseMasterTitle(`nginx: master process x${tail}`);
      assert.equal(typeof (title?.directives ?? ''), 'string');
    }),
  );
});
