import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleSays } from '../../support/audit.ts';

const says = (text: string) => ruleSays('websocket_headers_global', text);
const PASS = 'proxy_pass http://10.0.0.1;';

test('at http and at server level, with how many places inherit it', () => {
  const own = 'location /own { proxy_set_header Host $host; proxy_pass http://10.0.0.1; }';
  assert.match(
    says(`http {\nproxy_set_header Connection "upgrade";\nserver { location / { ${PASS} } ${own} } }`).join(),
    /^warning \/nginx\.conf:2: proxy_set_header Connection "upgrade" stands at http level and holds in 1 of 2 places/,
  );
  assert.match(
    says(`http { server {\nproxy_set_header connection Upgrade;\nlocation / { ${PASS} } } }`).join(),
    /stands at server level and holds in 1 of 1 place /,
  );
});

test('not in a location, nor the variable that decides for each request', () => {
  const location = `location /ws { proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; ${PASS} }`;
  assert.deepEqual(says(`http { server { ${location} } }`), []);
  assert.deepEqual(
    says(`http { proxy_set_header Connection $connection_upgrade; server { location / { ${PASS} } } }`),
    [],
  );
  assert.deepEqual(says(`http { proxy_set_header Connection ""; server { location / { ${PASS} } } }`), []);
});

test('a hint where every place sets headers of its own and so inherits none', () => {
  const own = 'location / { proxy_set_header Host $host; proxy_pass http://10.0.0.1; }';
  const text = `events {}\nhttp {\nproxy_set_header Connection "upgrade";\nserver { ${own} } }`;
  assert.match(says(text).join(), /^info \/nginx\.conf:3: .* holds in 0 of 1 place that pass requests on: one without/);
});

test('a part that is included in http', () => {
  assert.equal(says(`proxy_set_header Connection "upgrade"; server { location / { ${PASS} } }`).length, 1);
});
