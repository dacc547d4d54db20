import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EnvoyAccessFormats } from '../../src/collectors/envoy-access-formats.ts';
import { readerOf } from '../../src/collectors/envoy-access-plan.ts';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { renderText } from '../parse/envoy-access/rendered.ts';

const TIMES = { START_TIME: '2026-11-21T03:00:00.000Z', RESPONSE_CODE: '200', PROTOCOL: 'HTTP/1.1', DURATION: '1' };
const LINE = Buffer.from(renderText(ENVOY_FORMATS.envoy.text, { ...TIMES, BYTES_SENT: '1', BYTES_RECEIVED: '0' }));
const OTHER = Buffer.from('[something else]');

describe('EnvoyAccessFormats', () => {
  it('a configured format is what it is', () => {
    const formats = new EnvoyAccessFormats();
    const planned = readerOf('istio');
    assert.equal(formats.readerOf('/a', planned), planned);
    assert.equal(formats.formatOf('/a', planned)(OTHER, 0, OTHER.length), planned);
    assert.deepEqual(formats.save(), []);
  });

  it('tries some lines of each block, and no more once it knows', () => {
    const formats = new EnvoyAccessFormats();
    const formatOf = formats.formatOf('/a', 'built_in');
    formats.beginBlock();
    for (let i = 0; i < 16; i++) assert.equal(formatOf(OTHER, 0, OTHER.length), null);
    assert.equal(formatOf(LINE, 0, LINE.length), null, 'not tried');
    formats.beginBlock();
    const found = formatOf(LINE, 0, LINE.length);
    assert.ok(found !== null);
    assert.equal(formatOf(OTHER, 0, OTHER.length), found);
    assert.equal(formats.nameOf('/a', 'built_in'), 'format envoy');
    assert.equal(formats.readerOf('/b', 'built_in'), null);
  });

  it('keeps what it knows, and tolerates anything', () => {
    const formats = new EnvoyAccessFormats();
    for (const saved of [null, 7, 'x', [null, ['/a'], ['/b', 'nobody'], ['/c', 'istio'], [1, 'istio']]])
      formats.restore(saved);
    assert.deepEqual(formats.save(), [['/c', 'istio']]);
  });
});
