import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { modulesOf, walkConf } from '../../src/parse/nginx-conf-tree.ts';

const conf = (text: string) => readNginxConf({ path: '/n.conf', text });

test('walking meets every directive with the blocks around it, and no values of a map', () => {
  const { directives } = conf('a;http { map $a $b { listen x; } server { listen 80; location / { b; } } }');
  assert.deepEqual(
    [...walkConf(directives)].map(({ directive, parents }) =>
      [...parents, directive].map(({ name }) => name).join('/'),
    ),
    ['a', 'http', 'http/map', 'http/server', 'http/server/listen', 'http/server/location', 'http/server/location/b'],
  );
});

test('modules by their blocks, or all of a file that is included in one', () => {
  const modules = modulesOf(conf('events {} http { a; } stream { b; } mail { c; }'));
  assert.deepEqual(
    modules.map(({ module, directives }) => [module, directives[0].name]),
    [
      ['http', 'a'],
      ['stream', 'b'],
      ['mail', 'c'],
    ],
  );
  assert.deepEqual(
    modulesOf(conf('upstream a {}'), 'http').map(({ module, directives }) => [module, directives[0].name]),
    [['http', 'upstream']],
  );
});
