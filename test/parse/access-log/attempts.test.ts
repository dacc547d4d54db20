import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Attempts, CONNECT, RESPONSE } from '../../../src/parse/access-log/attempts.ts';

/** Reads lists as one line has them; what each left unread, and the attempts. */
function read(lists: { addresses?: string; statuses?: string; connect?: string; response?: string }, counted = '') {
  const attempts = new Attempts();
  const left: Record<string, number | string> = {};
  const each = (name: keyof typeof lists, reader: (buffer: Buffer, isCounted: boolean) => number) => {
    const text = lists[name];
    if (text === undefined) return;
    const end = reader(Buffer.from(text), counted === name);
    left[name] = end < 0 ? end : text.slice(end);
  };
  attempts.clear();
  each('addresses', (buffer, isCounted) => attempts.readAddresses(buffer, 0, buffer.length, isCounted));
  each('statuses', (buffer, isCounted) => attempts.readStatuses(buffer, 0, buffer.length, isCounted));
  each('connect', (buffer, isCounted) => attempts.readTimes(buffer, 0, buffer.length, isCounted, CONNECT));
  each('response', (buffer, isCounted) => attempts.readTimes(buffer, 0, buffer.length, isCounted, RESPONSE));
  const agree = attempts.finish();
  const list = Array.from({ length: attempts.count }, (_, i) => ({
    address: lists.addresses?.slice(attempts.starts[i], attempts.ends[i]),
    status: attempts.statuses[i],
    connect: attempts.times[CONNECT][i],
    response: attempts.times[RESPONSE][i],
    redirected: attempts.redirected[i],
  }));
  return { left, agree, list };
}

const UNKNOWN = { address: undefined, status: -1, connect: -1, response: -1, redirected: 0 };

describe('Attempts', () => {
  it('reads one, several, and those behind an internal redirect', () => {
    assert.deepEqual(
      read({
        addresses: 'a:1, [::1]:2 : unix:/x',
        statuses: '502, 504 : 200',
        connect: '-, - : 0.001',
        response: '0.000, 3.000 : 0.012',
      }),
      {
        left: { addresses: '', statuses: '', connect: '', response: '' },
        agree: true,
        list: [
          { address: 'a:1', status: 502, connect: -1, response: 0, redirected: 0 },
          { address: '[::1]:2', status: 504, connect: -1, response: 3000, redirected: 0 },
          { address: 'unix:/x', status: 200, connect: 1, response: 12, redirected: 1 },
        ],
      },
    );
  });

  for (const none of ['-', '']) {
    it(`"${none}" is none`, () => assert.deepEqual(read({ addresses: none, statuses: none, response: none }).list, []));
  }

  it('knows an attempt of which nginx has only the address', () =>
    assert.deepEqual(read({ addresses: 'a:1', statuses: '-', response: '-' }).list, [{ ...UNKNOWN, address: 'a:1' }]));

  it('knows an attempt that failed before it had an address', () =>
    assert.deepEqual(read({ addresses: '', statuses: '-', response: '0.000' }).list, [
      { ...UNKNOWN, address: '', response: 0 },
    ]));

  it('two of nothing are two', () => assert.equal(read({ statuses: '-, -' }).list.length, 2));

  it('leaves out a redirect that had no attempt', () => {
    assert.deepEqual(
      read({ addresses: 'a:1 : ', statuses: '200 : ' }).list.map(({ address }) => address),
      ['a:1'],
    );
    assert.equal(read({ statuses: '- : ' }).list.length, 1);
  });

  it('stops at what is no list', () => {
    assert.deepEqual(read({ statuses: '200 x', addresses: 'a:1 : b x', response: '0.001;' }).left, {
      statuses: ' x',
      addresses: ' x',
      response: ';',
    });
    assert.deepEqual(read({ statuses: '2000', response: '0.1', addresses: 'a:1, ' }).left, {
      statuses: -1,
      response: -1,
      addresses: -1,
    });
    assert.deepEqual(read({ statuses: '200, x' }).left, { statuses: -1 });
  });

  it('stops where the list before had ended', () => {
    assert.deepEqual(read({ addresses: 'a:1', statuses: '200 : 500' }, 'statuses'), {
      left: { addresses: '', statuses: ' : 500' },
      agree: true,
      list: [{ ...UNKNOWN, address: 'a:1', status: 200 }],
    });
    assert.deepEqual(read({ addresses: 'a:1 : ', statuses: '200 :  : 500' }, 'statuses').left.statuses, ' : 500');
    assert.equal(read({ addresses: 'a:1, b:1', statuses: '200 x' }, 'statuses').agree, false);
  });

  it('says when lists cannot belong together', () => {
    assert.equal(read({ addresses: 'a:1, b:1', statuses: '200' }).agree, false);
    assert.equal(read({ addresses: 'a:1', statuses: '200 : ' }).agree, false);
    assert.equal(read({ statuses: '200', response: '0.001, 0.002' }).agree, false);
  });

  it('holds as many as come', () => {
    const statuses = Array.from({ length: 1000 }, (_, i) => 100 + (i % 500));
    const { list } = read({ statuses: statuses.join(', '), response: statuses.map((n) => `0.${n}`).join(', ') });
    assert.deepEqual(
      list.map(({ status }) => status),
      statuses,
    );
    assert.deepEqual(
      list.map(({ response }) => response),
      statuses,
    );
  });

  it('forgets the line before', () => {
    const attempts = new Attempts();
    attempts.readStatuses(Buffer.from('200, 200'), 0, 8, false);
    attempts.clear();
    assert.ok(attempts.finish());
    assert.equal(attempts.count, 0);
  });
});
