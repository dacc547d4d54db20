import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONF_LIMITS, type ConfReadOptions, readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import type { Directive, NginxConf } from '../../src/parse/nginx-conf-tree.ts';
import { readUpstreams } from '../../src/parse/nginx-conf-upstreams.ts';
import { fixtureFiles, PRODUCTS, resolverOf } from '../fixtures/nginx-conf/files.ts';

const read = (text: string, options: ConfReadOptions = {}) =>
  readNginxConf({ path: '/etc/nginx/nginx.conf', text }, options);
const show = ({ name, args, file, line, kind, body }: Directive): unknown => [
  `${file.split('/').pop()}:${line} ${kind} ${[name, ...args].join('|')}`,
  ...body.map(show),
];
const shown = (conf: NginxConf) => conf.directives.map(show);
const said = (conf: NginxConf) =>
  conf.problems.map(({ kind, message, file, line }) => `${file}:${line} ${kind}: ${message}`);
const withFiles = (files: Record<string, string>) => resolverOf(new Map(Object.entries(files)));

test('blocks, values and Lua', () => {
  const conf = read(
    'http {\n map $a $b {\n  x "1; {";\n  server 10.0.0.1;\n }\n set_by_lua_block $c { return "}" }\n listen 80;\n}\n',
  );
  assert.deepEqual(conf.problems, []);
  assert.deepEqual(shown(conf), [
    [
      'nginx.conf:1 block http',
      ['nginx.conf:2 data map|$a|$b', ['nginx.conf:3 simple x|1; {'], ['nginx.conf:4 simple server|10.0.0.1']],
      ['nginx.conf:6 lua set_by_lua_block|$c| return "}" '],
      ['nginx.conf:7 simple listen|80'],
    ],
  ]);
});

test('included directives follow the include with their own file and line; relative to the directory of the main file', () => {
  const resolve = withFiles({
    '/etc/nginx/conf.d/b.conf': '\nserver {\n include deep/*.inc;\n}\n',
    '/etc/nginx/conf.d/a.conf': 'first;',
    '/etc/nginx/deep/x.inc': 'y;',
    '/etc/nginx/values': 'v 1;',
  });
  const conf = read('http { include conf.d/*.conf; map $a $b { include values; } last; }', { resolve });
  assert.deepEqual(shown(conf), [
    [
      'nginx.conf:1 block http',
      ['nginx.conf:1 simple include|conf.d/*.conf'],
      ['a.conf:1 simple first'],
      ['b.conf:2 block server', ['b.conf:3 simple include|deep/*.inc'], ['x.inc:1 simple y']],
      ['nginx.conf:1 data map|$a|$b', ['nginx.conf:1 simple include|values'], ['values:1 simple v|1']],
      ['nginx.conf:1 simple last'],
    ],
  ]);
  assert.deepEqual(conf.files, [
    ...['/etc/nginx/nginx.conf', '/etc/nginx/conf.d/a.conf', '/etc/nginx/conf.d/b.conf', '/etc/nginx/deep/x.inc'],
    '/etc/nginx/values',
  ]);
});

test('another prefix', () => {
  const asked: string[] = [];
  const resolve = (pattern: string) => {
    asked.push(pattern);
    return [];
  };
  read('include a; include /b; include ../c*;', { resolve, prefix: '/opt/nginx/conf/' });
  assert.deepEqual(asked, ['/opt/nginx/conf/a', '/b', '/opt/nginx/conf/../c*']);
});

const BROKEN: readonly [name: string, text: string, problem: string, kept: string[]][] = [
  ['missing brace', 'a;\nhttp {\n b;\n', ':4 unexpected_end: unexpected end of file, expecting "}"', ['a', 'http']],
  ['brace too many', 'a;\n}\nb;', ':2 unexpected_character: unexpected "}"', ['a']],
  ['missing semicolon', 'a;\nb\n', ':3 unexpected_end: unexpected end of file, expecting ";" or "}"', ['a']],
  ['block among values', 'map a b { c {} }', ':1 unexpected_character: unexpected "{"', ['map']],
  [
    'open quote',
    'a;b "c;\n',
    ':2 unterminated_quote: unexpected end of file, expecting ";" or "}" (the quote of line 1 is open)',
    ['a'],
  ],
  [
    'open Lua',
    'a;\ninit_by_lua_block {\n {}',
    ':2 unterminated_lua: unexpected end of file, expecting terminating characters for lua code block',
    ['a', 'init_by_lua_block'],
  ],
  ['no block', 'http;\na;', ':1 invalid_directive: directive "http" has no opening "{"', ['http', 'a']],
  [
    'include without a name',
    'include;a;',
    ':1 invalid_directive: invalid number of arguments in "include" directive',
    ['include', 'a'],
  ],
  ['missing file', '\ninclude x;a;', ':2 include_failed: open() "/etc/nginx/x" failed', ['include', 'a']],
];
for (const [name, text, problem, kept] of BROKEN) {
  test(`${name}: what stood before is kept`, () => {
    const conf = read(text);
    assert.deepEqual(said(conf), [`/etc/nginx/nginx.conf${problem}`]);
    assert.deepEqual(
      conf.directives.map((directive) => directive.name),
      kept,
    );
  });
}

test('a broken included file does not break the files around it', () => {
  const resolve = withFiles({ '/a': 'x;\n}', '/b': 'y { z;', '/c': 'w;' });
  const conf = read('include /a; include /b; include /c; end;', { resolve });
  assert.deepEqual(said(conf), [
    '/a:2 unexpected_character: unexpected "}"',
    '/b:1 unexpected_end: unexpected end of file, expecting "}"',
  ]);
  assert.deepEqual(
    conf.directives.map(({ name }) => name).filter((name) => name !== 'include'),
    ['x', 'y', 'w', 'end'],
  );
});

test('a resolver that throws is a problem of the include', () => {
  const resolve = () => {
    throw new Error('EACCES');
  };
  assert.deepEqual(said(read('include /a*;b;', { resolve })), [
    '/etc/nginx/nginx.conf:1 include_failed: open() "/a*" failed (EACCES)',
  ]);
});

const cyclic = withFiles({ '/a': 'include /b;', '/b': 'include /a;' });
const LIMITED: readonly [limit: keyof NginxConf['limits'], text: string, options: ConfReadOptions, hits: number][] = [
  ['nesting', 'a { b { c { d; } } }', { limits: { nesting: 2 } }, 1],
  ['bytes', 'include /a; include /a; b;', { limits: { bytes: 40 }, resolve: withFiles({ '/a': 'x;'.repeat(5) }) }, 1],
  ['directives', 'a; b; c; d;', { limits: { directives: 3 } }, 1],
  ['arguments', 'a b c d; e;', { limits: { arguments: 3 } }, 1],
  ['include_cycle', 'include /a;', { resolve: cyclic }, 1],
  ['include_cycle', 'include /etc/nginx/nginx.conf; a;', { resolve: withFiles({ '/etc/nginx/nginx.conf': '' }) }, 1],
  [
    'include_depth',
    'include /a;',
    { limits: { includeDepth: 1 }, resolve: withFiles({ '/a': 'include /b;', '/b': '' }) },
    1,
  ],
  ['files', 'include /a; include /a; include /a;', { limits: { files: 2 }, resolve: withFiles({ '/a': '' }) }, 2],
  ['problems', 'include; include; include;', { limits: { problems: 1 } }, 2],
];
for (const [limit, text, options, hits] of LIMITED) {
  test(`limit: ${limit} in ${text}`, () => {
    const conf = read(text, options);
    const expected = { ...read('').limits, [limit]: hits };
    assert.deepEqual(conf.limits, expected);
    assert.ok(limit === 'problems' || conf.problems.every(({ kind }) => kind === 'limit'));
    assert.equal(conf.problems.length, limit === 'problems' ? 1 : hits);
  });
}

test('at the limit nothing is reported', () => {
  assert.deepEqual(read('a { b { c; } } d;', { limits: { nesting: 2, directives: 4, bytes: 17 } }).problems, []);
});

test('files that include each other many times over are bounded', () => {
  const files: Record<string, string> = {};
  for (let level = 0; level < 12; level++) files[`/${level}`] = `include /${level + 1};\n`.repeat(10);
  files['/12'] = 'a;';
  const conf = read('include /0;', { resolve: withFiles(files), limits: { files: 2000 } });
  assert.ok(conf.limits.files > 0);
  assert.ok(conf.problems.length <= CONF_LIMITS.problems);
});

function isSound(conf: NginxConf): void {
  const { upstreams } = readUpstreams(conf);
  for (const { servers } of upstreams)
    for (const { file, line } of servers) assert.ok(conf.files.includes(file) && line >= 1);
}

test('any bytes: a result, never an error', () => {
  const piece = fc.constantFrom(
    'upstream',
    'server',
    'http',
    ' ',
    '{',
    '}',
    ';',
    '"',
    '10.0.0.1:80',
    '\n',
    'include /a',
    '#',
    '\\',
    '$',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
        fc.array(piece, { maxLength: 80 }).map((pieces) => pieces.join('')),
      ),
      (text) => isSound(read(text, { resolve: withFiles({ '/a': text }) })),
    ),
  );
});

test('damaged configurations: cut, with bytes removed, doubled or put in', () => {
  const originals = PRODUCTS.map(fixtureFiles);
  const damage = fc.record({
    product: fc.nat(PRODUCTS.length - 1),
    at: fc.nat(),
    length: fc.nat(200),
    put: fc.string({ maxLength: 4 }),
  });
  fc.assert(
    fc.property(damage, fc.boolean(), ({ product, at, length, put }, isCut) => {
      const files = new Map(originals[product]);
      const paths = [...files.keys()];
      const path = paths[at % paths.length];
      const text = files.get(path)!;
      const from = at % (text.length + 1);
      files.set(path, text.slice(0, from) + put + (isCut ? '' : text.slice(from + length)));
      isSound(read(files.get('/etc/nginx/nginx.conf')!, { resolve: resolverOf(files) }));
    }),
    { numRuns: 300 },
  );
});

test('much of one character takes no quadratic time', () => {
  for (const character of [
    '{',
    '}',
    '"',
    'a',
    '\\',
    '#',
    ';',
    'a{',
    'a;',
    'a ',
    '$',
    '\n',
    'init_by_lua_block {',
    '[',
    '--[[',
  ]) {
    for (const before of ['', 'http { upstream a { ', 'init_by_lua_block { ']) {
      const start = performance.now();
      isSound(read(before + character.repeat(300_000 / character.length)));
      assert.ok(performance.now() - start < 4000, `${before}${character}`);
    }
  }
});
