import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolvePort } from '../../src/facts/service-mapping-port.ts';
import { service } from './mapping-rig.ts';

const PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: '8080', port: 81, targetPort: '' },
];
const CART = service('shop/cart', { ports: PORTS });

describe('resolvePort', () => {
  it('finds by number or by name, never one for the other', () => {
    assert.deepEqual(resolvePort(CART, { port: 80 }, []), { portName: 'http', number: 80 });
    assert.deepEqual(resolvePort(CART, { port: '8080' }, []), { portName: '8080', number: 81 });
    assert.deepEqual([resolvePort(CART, { port: 8080 }, []), resolvePort(CART, { port: '80' }, [])], [null, null]);
    assert.equal(resolvePort(CART, { port: '' }, []), null);
  });

  it('takes the port of the servers when none is said and they agree', () => {
    assert.deepEqual(resolvePort(CART, { port: null }, [81, 81]), { portName: '8080', number: 81 });
    assert.deepEqual(
      [resolvePort(CART, { port: null }, [80, 81]), resolvePort(CART, { port: null }, [])],
      [null, null],
    );
    assert.deepEqual(resolvePort(service('shop/pay'), { port: null }, [1]), { portName: 'http', number: 80 });
  });

  it('knows no port of a Service without any', () => {
    const none = service('shop/cart', { ports: [] });
    assert.deepEqual([resolvePort(none, { port: 80 }, []), resolvePort(none, { port: null }, [80])], [null, null]);
  });

  it('needs no port where the Service is only another name for a host', () => {
    const external = service('shop/ext', { ports: [], externalName: 'api.example.com' });
    assert.deepEqual(resolvePort(external, { port: 443 }, []), { portName: '', number: 443 });
    assert.deepEqual(resolvePort(external, { port: null }, []), { portName: '', number: null });
  });

  it('takes a target port without a number of its own for the port', () => {
    const headless = service('shop/cart', { ports: PORTS, clusterIps: [] });
    assert.deepEqual(resolvePort(headless, { port: 81, method: 'dns' }, []), { portName: '8080', number: 81 });
    assert.deepEqual(resolvePort(headless, { port: 8080, method: 'dns' }, []), { portName: 'http', number: 80 });
    assert.equal(resolvePort(headless, { port: 8080, method: 'ngf' }, []), null);
  });
});
