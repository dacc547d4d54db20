import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readIncidents, readStatus, readUpstreams } from '../../src/commands/diagnose-answer.ts';
import { askServer, isNobody } from '../../src/commands/diagnose-ask.ts';
import { blindPage, healthyPage, incidentPage } from '../support/page-reports.ts';
import { DiagnoseRig, lookedOf } from '../support/run-diagnose.ts';

let rig: DiagnoseRig;
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('asking a badgateway', () => {
  beforeEach(async () => {
    rig = new DiagnoseRig();
    await rig.start();
  });
  afterEach(() => rig.stop());

  it('brings what it knows, whole', async () => {
    const page = incidentPage(Date.now());
    rig.doubles.statusSource.page = page;
    const looked = await askServer({ url: rig.url }, Date.now() - 1000);
    assert.deepEqual(looked.status, plain(page.status));
    assert.deepEqual(looked.upstreams, plain(page.upstreams));
    assert.deepEqual(looked.incidents.incidents, plain(page.incidents));
  });

  it('tells nobody there from somebody who refuses', async () => {
    await rig.stop();
    const gone = await askServer({ url: rig.url }, 0).catch((error: unknown) => error);
    assert.equal(isNobody(gone), true);
    const busy = Object.assign(gone as Error, { status: 401 });
    assert.equal(isNobody(busy), false);
    assert.equal(isNobody(new Error('--user and --password-file are given together')), false);
  });
});

describe('answers', () => {
  it('are read as they are given, also with more than is known here', () => {
    for (const page of [incidentPage(Date.now()), healthyPage(Date.now()), blindPage(Date.now())]) {
      const { status, upstreams, incidents } = lookedOf(page);
      assert.deepEqual(readStatus(JSON.stringify({ ...status, newer: 1 })), plain({ ...status, newer: 1 }));
      assert.deepEqual(readUpstreams(JSON.stringify(upstreams)), plain(upstreams));
      assert.deepEqual(readIncidents(JSON.stringify(incidents)), plain(incidents));
    }
  });

  it('of something else are none', () => {
    for (const read of [readStatus, readUpstreams, readIncidents])
      for (const body of ['', '{', '[]', '{"status":"up"}', 'null']) assert.equal(read(body), null);
  });
});
