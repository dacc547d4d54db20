import assert from 'node:assert/strict';
import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';
import { skipWithout } from '../support/programs.ts';

const FIRST = ['a=10.0.0.1:80'];
const SECOND = ['a=10.0.0.2:80'];

/** Releases side by side, all older than the workers; a link says which one counts. */
describe('nginx_config and links that are set anew [ci]', { skip: skipWithout('nginx') }, () => {
  for (const [what, include, first, second] of [
    ['a directory', 'current/*.conf', 'one', 'two'],
    ['a file', 'current', 'one/a.conf', 'two/a.conf'],
    ['a file among others', 'links/*.conf', 'one/a.conf', 'two/a.conf'],
  ] as const)
    it(`${what}: what it leads to is not loaded before a reload, however old it is`, async (t) => {
      const listen = await freePort();
      const nginx = await startNginx({
        ...{ listen, workers: 2, http: `server { listen 127.0.0.1:${listen}; }\ninclude later/*.conf;` },
        files: {
          'one/a.conf': 'upstream a { server 10.0.0.1:80; }',
          'two/a.conf': 'upstream a { server 10.0.0.2:80; }',
          'links/keep': '',
        },
      });
      const at = (path: string) => join(nginx.directory, path);
      const link = at(include === 'links/*.conf' ? 'links/a.conf' : 'current');
      const point = (to: string) => {
        symlinkSync(at(to), at('new'));
        renameSync(at('new'), link);
      };
      const watch = new ConfigWatch({ files: [at('nginx.conf')] });
      t.after(async () => {
        await watch.collector.stop?.();
        await nginx.stop();
      });
      point(first);
      const http = `server { listen 127.0.0.1:${listen}; }\ninclude ${at(include)};`;
      nginx.write(http);
      // A tie of file and worker cannot be told from a worker that came first (START_ERROR_MS).
      await delay(100);
      process.kill(nginx.pid, 'SIGHUP');
      await watch.until(() => watch.isLoaded === true && watch.servers().length > 0, 'loaded');
      assert.deepEqual(watch.servers(), FIRST);

      point(second);
      await watch.poll();
      assert.equal(watch.isLoaded, false);
      assert.deepEqual(watch.servers(), FIRST);
      const late = new ConfigWatch({ files: [at('nginx.conf')] });
      t.after(() => late.collector.stop?.());
      await late.poll();
      assert.notEqual(late.isLoaded, true, 'who comes later cannot take it for what the workers have');
      assert.deepEqual(late.servers(), []);
      await delay(100);
      process.kill(nginx.pid, 'SIGHUP');
      await watch.until(() => watch.isLoaded === true, 'loaded');
      assert.deepEqual(watch.servers(), SECOND);
    });
});
