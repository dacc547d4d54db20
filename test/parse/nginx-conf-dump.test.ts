import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNginxDump, splitNginxDump } from '../../src/parse/nginx-conf-dump.ts';
import { readUpstreams } from '../../src/parse/nginx-conf-upstreams.ts';
import { fixtureFiles, PRODUCTS, readFixture } from '../fixtures/nginx-conf/files.ts';

const SAID = 'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n';
const dump = (files: Iterable<readonly [path: string, text: string]>) =>
  [...files].map(([path, text]) => `# configuration file ${path}:\n${text}\n`).join('');

test('files with their own bytes, whatever stands before the first', () => {
  const files = [
    ['/etc/nginx/nginx.conf', 'a;\n'],
    ['/b', ''],
    ['/c', 'no newline'],
    ['/d', '\n\n'],
  ] as const;
  assert.deepEqual(
    splitNginxDump(SAID + dump(files)),
    files.map(([path, text]) => ({ path, text })),
  );
});

test('a header that comes again is a comment of the file it is in', () => {
  const files = [
    ['/a', 'x;\n# configuration file /a:\ny;\n'],
    ['/b', 'z;\n'],
  ] as const;
  assert.deepEqual(
    splitNginxDump(dump(files)),
    files.map(([path, text]) => ({ path, text })),
  );
});

test('no header: no such text', () => {
  for (const text of ['', SAID, '# configuration file', '# configuration file x'])
    assert.equal(readNginxDump(text), null);
});

for (const product of PRODUCTS) {
  test(`${product}: the same from -T text as from files`, () => {
    const files = fixtureFiles(product);
    const read = readFixture(product);
    const conf = readNginxDump(SAID + dump(read.files.map((path) => [path, files.get(path)!])))!;
    assert.deepEqual(conf, read);
    assert.deepEqual(readUpstreams(conf), readUpstreams(read));
  });
}

test('an include that names no file of the text is a problem with its place', () => {
  const conf = readNginxDump('# configuration file /a/n.conf:\nb;\ninclude x.conf;\ninclude y/*.conf;\n\n')!;
  assert.deepEqual(conf.problems, [
    { kind: 'include_failed', message: 'open() "/a/x.conf" failed', file: '/a/n.conf', line: 2 },
  ]);
});
