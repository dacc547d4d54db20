import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Badgateway } from '../support/badgateway.ts';
import { ChromiumTab } from '../support/chromium-tab.ts';
import { fits, HOSTILE, LIVE, noneRan, openDetails, PHONE, textOf } from '../support/page-tab.ts';
import { skipWithout } from '../support/programs.ts';

describe('the page of a real badgateway [ci]', { skip: skipWithout('chromium') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-e2e-page-'));
  const log = join(directory, 'error.log');
  let program: Badgateway;
  let tab: ChromiumTab;

  before(async () => {
    writeFileSync(log, '');
    program = await Badgateway.create();
    await program.serve({ collectors: { nginx_error_log: { files: [log] } } });
    tab = await ChromiumTab.open();
  });
  after(async () => {
    await tab?.close();
    await program?.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows a failure whose line is hostile, without a reload, without running it, without its request', async () => {
    await tab.look(PHONE);
    await tab.go(`http://127.0.0.1:${program.ports.page}/`);
    await tab.until(LIVE, 'the page is live');
    await tab.evaluate('window.sameDocument = true');
    // As nginx writes them: control characters of a request stand as \x1b in its log, what is above 0x7f stands as it is.
    const written = HOSTILE.replaceAll('"', '\\x22').replaceAll('\u001b', '\\x1B').replaceAll('\u0000', '');
    const secrets = `/secret-path-${'A'.repeat(65_536)}?token=secret-token&${written}`;
    const rest = `client: 192.0.2.77, server: ${written}, request: "GET ${secrets} HTTP/1.1", upstream: "http://10.2.71.14:8080${secrets}", host: "secret-host.example", referrer: "javascript:${written}"`;
    const failed = 'connect() failed (111: Connection refused) while connecting to upstream';
    const unix = `upstream: "http://unix:/run/${written}.sock:/secret-path"`;
    appendFileSync(
      log,
      [
        `2026/11/21 03:00:00 [error] 31#31: *7 ${failed}, ${rest}`,
        `2026/11/21 03:00:00 [error] 31#31: *8 ${failed}, client: 192.0.2.77, server: x, request: "GET /secret-path HTTP/1.1", upstream: "http://10.2.71.14:8080/secret-path", host: "secret-host.example"`,
        `2026/11/21 03:00:00 [error] 31#31: *9 ${failed}, client: 192.0.2.77, server: x, request: "GET /secret-path HTTP/1.1", ${unix}, host: "secret-host.example"`,
        '',
      ].join('\n'),
    );
    await tab.until(`${textOf('.kind')} === 'Incident'`, 'the failure is shown');
    await tab.until(`document.body.textContent.includes('10.2.71.14:8080')`, 'its address is shown');
    assert.equal(await tab.evaluate('window.sameDocument'), true);
    await openDetails(tab);
    await noneRan(tab);
    const text = await tab.evaluate<string>('document.body.textContent');
    assert.doesNotMatch(text, /secret|192\.0\.2\.77|AAAA/);
    assert.doesNotMatch(text, /[\u202e\u2066\u001b]/);
    await fits(tab);
  });

  it('ends well while a page is open', async () => {
    await tab.go(`http://127.0.0.1:${program.ports.page}/`);
    await tab.until(LIVE, 'the page is live');
    assert.equal(await program.end('SIGTERM'), 0);
  });
});
