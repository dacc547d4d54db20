import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanNginxConfig } from '../../src/sources/nginx-discovery-config.ts';

const targets = (text: string) => scanNginxConfig(text).errorLogs.map(({ target }) => target);

test('finds error_log at every depth with level and context', () => {
  const text = `error_log /main.log;
    events { worker_connections 768; }
    http { error_log /http.log warn;
      server { location / { error_log /location.log crit; proxy_pass http://b; } } }`;
  assert.deepEqual(scanNginxConfig(text).errorLogs, [
    { target: '/main.log', level: 'error', main: true },
    { target: '/http.log', level: 'warn', main: false },
    { target: '/location.log', level: 'crit', main: false },
  ]);
  assert.equal(scanNginxConfig('error_log /a;', false).errorLogs[0].main, false);
});

test('includes keep their context', () => {
  assert.deepEqual(scanNginxConfig('include a/*.conf; http { include "b c.conf"; }').includes, [
    { pattern: 'a/*.conf', main: true },
    { pattern: 'b c.conf', main: false },
  ]);
});

test('comments, quotes, escapes, variables and odd spacing', () => {
  assert.deepEqual(targets('# error_log /no;\nerror_log\t"/with space.log"  warn ;'), ['/with space.log']);
  assert.deepEqual(targets("set $a 'error_log /no;'; error_log '/it\\'s.log';"), ["/it's.log"]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an nginx variable.
  assert.deepEqual(targets('log_format x "a;{ $b" \'}\'; set $y a${z}b#c; error_log /a#b.log;'), ['/a#b.log']);
  assert.deepEqual(targets('if ($x ~ "^\\{") { return 200 "}"; } error_log /z.log;'), ['/z.log']);
  assert.deepEqual(targets('my_error_log /no; error_log; error_log_x /no;'), []);
});

test('Lua blocks are read as Lua, and what follows is found', () => {
  const text = `http { content_by_lua_block {
      local a = "error_log } {"  -- it's a comment with } and "
      local b = [[ } error_log /no; ]] --[==[ } ]] ]==]
      if x then ngx.say('}') end; t = { 1, { 2 } }; error_log /lua.log;
    } error_log /after.log; }`;
  assert.deepEqual(scanNginxConfig(text).errorLogs, [{ target: '/after.log', level: 'error', main: false }]);
});

test('text that breaks off gives what came before', () => {
  assert.deepEqual(targets('error_log /a.log; set $x "open; error_log /no;'), ['/a.log']);
  assert.deepEqual(targets('error_log /a.log; content_by_lua_block { [[ open'), ['/a.log']);
});

test('any text ends quickly; 1 MiB of the worst', () => {
  const piece = fc.constantFrom(
    'error_log',
    '{',
    '}',
    ';',
    '"',
    "'",
    '\\',
    '[[',
    '--[[',
    ']]',
    '#',
    '\n',
    '${',
    'x_by_lua_block',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
      ),
      (text) => {
        assert.ok(Array.isArray(scanNginxConfig(text).errorLogs));
      },
    ),
  );
  for (const worst of ['"', '[[', '[=[', '--[[', "'\\", '{', '\\', '$', '-', 'x_by_lua_block{']) {
    const startedMs = performance.now();
    scanNginxConfig(`a_by_lua_block {${worst.repeat((1 << 20) / worst.length)}`);
    scanNginxConfig(worst.repeat((1 << 20) / worst.length));
    assert.ok(performance.now() - startedMs < 2000, `${worst} took ${performance.now() - startedMs} ms`);
  }
});
