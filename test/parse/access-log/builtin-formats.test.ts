import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { BUILTIN_FORMATS } from '../../../src/parse/access-log/builtin-formats.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { LIST_FIELDS } from '../../../src/parse/access-log/variables.ts';

for (const [name, words] of Object.entries(BUILTIN_FORMATS)) {
  it(`${name} is read, whole`, () => {
    const format = compileAccessFormat(words);
    assert.ok(!isProblem(format));
    assert.deepEqual(format.unread, []);
    assert.equal(format.mayLookLikeError, false);
    if (name.startsWith('badgateway'))
      for (const field of [
        ...LIST_FIELDS,
        'request_time',
        'bytes_sent',
        'request_length',
        'http_upgrade',
        'connection',
        'msec',
      ] as const)
        assert.ok(format.fields.has(field), field);
  });
}
