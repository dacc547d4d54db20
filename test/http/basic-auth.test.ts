import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import bcrypt from 'bcryptjs';
import { BasicAuth } from '../../src/http/basic-auth.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const USERS = new Map([
  ['prometheus', bcrypt.hashSync('s3cret:with:colons', 4)],
  ['größe', bcrypt.hashSync('pässword', 4).replace('$2b$', '$2y$')],
]);

/** A BasicAuth that counts its password tests. */
function createCounted(compare: (password: string, hash: string) => Promise<boolean> = bcrypt.compare) {
  const calls: string[] = [];
  const auth = new BasicAuth((password, hash) => {
    calls.push(hash);
    return compare(password, hash);
  });
  return { auth, calls };
}

describe('BasicAuth', () => {
  // Its rest between two tests keeps no process alive; here nothing else would.
  let alive: NodeJS.Timeout;
  before(() => {
    alive = setInterval(() => {}, 1000);
  });
  after(() => clearInterval(alive));

  for (const [story, header, result] of [
    ['the right password', basic('prometheus:s3cret:with:colons'), 'ok'],
    ['a lower-case scheme', basic('prometheus:s3cret:with:colons').replace('Basic', 'basic'), 'ok'],
    ['UTF-8 names and $2y$', basic('größe:pässword'), 'ok'],
    ['a wrong password', basic('prometheus:nope'), 'wrong_password'],
    ['another user’s password', basic('größe:s3cret:with:colons'), 'wrong_password'],
    ['an empty password', basic('prometheus:'), 'wrong_password'],
    ['an unknown user', basic('root:s3cret:with:colons'), 'unknown_user'],
    ['a name of the prototype', basic('__proto__:x'), 'unknown_user'],
    ['no header', undefined, 'missing'],
    ['a bearer token', 'Bearer abc', 'missing'],
    ['no colon', basic('prometheus'), 'missing'],
    ['no base64', 'Basic %%%', 'missing'],
    ['a huge header', basic(`prometheus:${'x'.repeat(5000)}`), 'missing'],
  ] as const) {
    it(`${story}: ${result}`, async () => assert.equal(await new BasicAuth().check(USERS, header), result));
  }

  it('tests an unknown user’s password against a real hash, so that timing tells nothing', async () => {
    const { auth, calls } = createCounted();
    await auth.check(USERS, basic('root:s3cret:with:colons'));
    assert.deepEqual(calls, [USERS.get('prometheus')]);
  });

  it('tests each pair once, right or wrong, also when asked twice at once', async () => {
    const { auth, calls } = createCounted();
    const right = basic('prometheus:s3cret:with:colons');
    await Promise.all([auth.check(USERS, right), auth.check(USERS, right)]);
    assert.equal(await auth.check(USERS, right), 'ok');
    assert.equal(await auth.check(USERS, basic('prometheus:nope')), 'wrong_password');
    assert.equal(await auth.check(USERS, basic('prometheus:nope')), 'wrong_password');
    assert.equal(calls.length, 2);
  });

  it('forgets a password when its hash changes', async () => {
    const auth = new BasicAuth();
    const header = basic('prometheus:s3cret:with:colons');
    assert.equal(await auth.check(USERS, header), 'ok');
    assert.equal(await auth.check(new Map([['prometheus', bcrypt.hashSync('new', 4)]]), header), 'wrong_password');
  });

  it('keeps the right password cached through a flood of wrong ones', async () => {
    const { auth, calls } = createCounted(async (password) => password === 'right');
    await auth.check(USERS, basic('prometheus:right'));
    for (let i = 0; i < 300; i++) await auth.check(USERS, basic(`prometheus:${i}`));
    const before = calls.length;
    assert.equal(before, 301);
    assert.equal(await auth.check(USERS, basic('prometheus:right')), 'ok');
    assert.equal(calls.length, before);
  });

  it('runs one test at a time and says busy beyond sixteen waiting', async () => {
    const finish: (() => void)[] = [];
    const { auth, calls } = createCounted(() => new Promise((resolve) => finish.push(() => resolve(false))));
    const answers = Array.from({ length: 17 }, (_, i) => auth.check(USERS, basic(`prometheus:${i}`)));
    assert.equal(await answers[16], 'busy');
    assert.equal(calls.length, 1);
    const rest = Promise.all(answers);
    while (calls.length < 16 || finish.length > 0) {
      finish.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await rest).filter((answer) => answer === 'wrong_password').length, 16);
  });

  it('goes on after a test that failed', async () => {
    let broken = true;
    const auth = new BasicAuth(async () => {
      if (broken) throw new Error('cannot');
      return true;
    });
    await assert.rejects(auth.check(USERS, basic('prometheus:a')), /cannot/);
    broken = false;
    assert.equal(await auth.check(USERS, basic('prometheus:a')), 'ok');
  });
});
