import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPlace, httpPlace } from '../../src/collectors/http-place.ts';

test('pages by TCP and by unix socket, shown without their query', () => {
  const shown = (url: string) => formatPlace(httpPlace.parse(url));
  assert.equal(shown('http://127.0.0.1:8080/nginx_status?key=secret'), 'http://127.0.0.1:8080/nginx_status');
  assert.equal(shown('http://[::1]:8080/'), 'http://[::1]:8080/');
  assert.equal(shown('unix:/run/status.sock:/nginx_status'), 'unix:/run/status.sock:/nginx_status');
});

test('anything else is refused without being repeated', () => {
  for (const url of ['', 'https://127.0.0.1/', 'http://me:secret@127.0.0.1/', 'unix:run/x:/', '/health']) {
    const [issue] = httpPlace.safeParse(url).error!.issues;
    assert.doesNotMatch(issue.message, /secret/);
    assert.match(issue.message, /http:\/\/HOST:PORT|absolute path/);
  }
});
