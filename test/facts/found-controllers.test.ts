import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoundControllers } from '../../src/facts/found-controllers.ts';

test('none is an absence only when it is known', () => {
  const controllers = new FoundControllers();
  assert.deepEqual([controllers.services, controllers.absence], [[], null]);
  controllers.found([], 'nginx-gateway');
  assert.equal(controllers.absence, 'no Service in namespace nginx-gateway has a label of a controller');
  controllers.found(['nginx-gateway/ngf'], 'nginx-gateway');
  assert.deepEqual([controllers.services, controllers.absence], [['nginx-gateway/ngf'], null]);
  controllers.found(null, 'nginx-gateway');
  assert.deepEqual([controllers.services, controllers.absence], [[], null]);
});
