import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlanInput, planWatches } from '../../src/collectors/kubernetes-plan.ts';

const plan = (wanted: Partial<PlanInput['wanted']>, rest: Partial<PlanInput> = {}) =>
  planWatches({
    wanted: { namespaces: [], names: [], hasUnnamed: false, ...wanted },
    ...{ namespaces: [], ownNamespace: 'edge', podsOfNode: '', ...rest },
  });
const scopes = (watches: ReturnType<typeof plan>) =>
  watches.map(({ selection, filter }) => {
    const { resource, namespace, labelSelector, fieldSelector } = selection;
    return [resource, namespace, labelSelector + fieldSelector, [...filter.namespaces, ...filter.names].join()];
  });
const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];

test('nothing wanted, nothing watched, not even pods', () => {
  assert.deepEqual(plan({}, { namespaces: ['shop'], podsOfNode: 'node-a' }), []);
});

test('up to five namespaces: each by itself and whole, so that Roles are enough', () => {
  assert.deepEqual(scopes(plan({ namespaces: ['shop', 'blog', 'shop'], names: ['cart'] })), [
    ['endpointslices', 'blog', '', ''],
    ['services', 'blog', '', ''],
    ['endpointslices', 'shop', '', ''],
    ['services', 'shop', '', ''],
  ]);
  assert.equal(plan({ namespaces: SIX.slice(1) }).length, 10);
});

test('configured namespaces take the place of those that names tell', () => {
  assert.deepEqual(scopes(plan({ namespaces: ['blog'], names: ['cart'] }, { namespaces: ['shop'] })), [
    ['endpointslices', 'shop', '', ''],
    ['services', 'shop', '', ''],
  ]);
});

test('names without namespaces, or many namespaces: one watch over all, of these names only', () => {
  assert.deepEqual(scopes(plan({ names: ['web', 'cart', 'web'] })), [
    ['endpointslices', '', 'kubernetes.io/service-name in (cart,web)', 'cart,web'],
    ['services', '', '', 'cart,web'],
  ]);
  assert.deepEqual(scopes(plan({ namespaces: SIX, names: ['cart'] })), [
    ['endpointslices', '', 'kubernetes.io/service-name in (cart)', 'a,b,c,d,e,f,cart'],
    ['services', '', '', 'a,b,c,d,e,f,cart'],
  ]);
});

test('too many names for a URL: everything comes and is filtered here', () => {
  const names = Array.from({ length: 400 }, (_, at) => `service-number-${at}`);
  const [slices] = plan({ names });
  assert.equal(slices.selection.labelSelector, '');
  assert.equal(slices.filter.names.length, 400);
});

test('an upstream whose name says nothing is looked for in our own namespace, if that is known', () => {
  assert.deepEqual(scopes(plan({ hasUnnamed: true })), [
    ['endpointslices', 'edge', '', ''],
    ['services', 'edge', '', ''],
  ]);
  assert.deepEqual(plan({ hasUnnamed: true }, { ownNamespace: '', podsOfNode: 'node-a' }), []);
  assert.equal(scopes(plan({ hasUnnamed: true, names: ['cart'] })).length, 4);
  assert.deepEqual(
    scopes(plan({ hasUnnamed: true, namespaces: ['shop'] })).map(([, namespace]) => namespace),
    ['shop', 'shop'],
  );
});

test('pods of this node only, per namespace when namespaces are configured', () => {
  assert.deepEqual(scopes(plan({ names: ['cart'] }, { podsOfNode: 'node-a' })).at(-1), [
    'pods',
    '',
    'spec.nodeName=node-a',
    '',
  ]);
  const narrow = scopes(plan({ names: ['cart'] }, { podsOfNode: 'node-a', namespaces: ['shop'] }));
  assert.deepEqual(narrow.at(-1)?.slice(0, 2), ['pods', 'shop']);
});

test('what can be no name never reaches a selector', () => {
  assert.deepEqual(plan({ names: ['a),environment in (x', '', 'A', 'x'.repeat(64)] }), []);
  assert.equal(scopes(plan({ names: ['cart', 'a b'] }))[0][2], 'kubernetes.io/service-name in (cart)');
  assert.equal(plan({ names: ['cart'] }, { podsOfNode: 'a,metadata.name=b' }).length, 2);
});

test('the same plan has the same ids, whatever the order', () => {
  const ids = (names: string[]) => plan({ names }).map(({ id }) => id);
  assert.deepEqual(ids(['cart', 'web']), ids(['web', 'cart']));
  assert.notDeepEqual(ids(['cart', 'web']), ids(['cart']));
});

const context = (parts: Partial<NonNullable<PlanInput['context']>> = {}) => ({
  context: { autoscalers: true, events: true, gatewayNamespaces: [], ...parts },
});
const explaining = (watches: ReturnType<typeof plan>) =>
  scopes(watches).flatMap(([resource, namespace, selector]) =>
    /^(events|horizontal)/.test(resource) ? `${resource.slice(0, 10)} ${namespace} ${selector}`.trim() : [],
  );

test('what explains is watched where the Services are, and only when it is switched on', () => {
  const wanted = { namespaces: ['shop', 'blog'] };
  assert.deepEqual(explaining(plan(wanted, context())), [
    ...['horizontal blog', 'horizontal shop', 'events blog type=Warning', 'events shop type=Warning'],
  ]);
  assert.deepEqual(explaining(plan(wanted, context({ autoscalers: false, events: false }))), []);
  assert.deepEqual(explaining(plan(wanted)), []);
  assert.deepEqual(explaining(plan({}, context({ gatewayNamespaces: ['edge'] }))), []);
  assert.deepEqual(explaining(plan({ names: ['cart'] }, context({ autoscalers: false }))), ['events  type=Warning']);
});

test('warnings of gateways too, unless namespaces are configured or would be too many', () => {
  const gateways = { autoscalers: false, gatewayNamespaces: ['edge', 'Not A Name'] };
  assert.deepEqual(explaining(plan({ namespaces: ['shop'] }, context(gateways))), [
    ...['events edge type=Warning', 'events shop type=Warning'],
  ]);
  const configured = { ...context(gateways), namespaces: ['shop'] };
  assert.deepEqual(explaining(plan({ names: ['cart'] }, configured)), ['events shop type=Warning']);
  assert.equal(explaining(plan({ namespaces: SIX.slice(1) }, context(gateways))).length, 5);
});

test('controllers: the Services with their label in the one namespace, and its slices, once there is a gateway', () => {
  const controllersNamespace = 'nginx-gateway';
  const label = 'app.kubernetes.io/name in (nginx-gateway-fabric)';
  assert.deepEqual(plan({}, { controllersNamespace }), []);
  assert.deepEqual(scopes(plan({ namespaces: ['shop'] }, { controllersNamespace })).slice(2), [
    ['endpointslices', 'nginx-gateway', '', ''],
    ['services', 'nginx-gateway', label, ''],
  ]);
  assert.deepEqual(scopes(plan({ namespaces: [controllersNamespace] }, { controllersNamespace })).slice(2), [
    ['services', 'nginx-gateway', label, ''],
  ]);
  for (const none of ['', 'a/b'])
    assert.equal(plan({ namespaces: ['shop'] }, { controllersNamespace: none }).length, 2);
});

test('pods of the node where they are always wanted: also without a gateway, by the same watch as with one', () => {
  const always = { podsOfNode: 'node-a', arePodsAlways: true };
  const [alone, ...others] = plan({}, always);
  assert.equal(others.length, 0);
  assert.deepEqual(scopes([alone]), [['pods', '', 'spec.nodeName=node-a', '']]);
  assert.ok(plan({ namespaces: ['shop'] }, always).some(({ id }) => id === alone.id));
  // No namespace is known for what is wanted.
  assert.deepEqual(plan({ hasUnnamed: true }, { ...always, ownNamespace: '' }), [alone]);
  assert.deepEqual(plan({}, { ...always, podsOfNode: '' }), []);
  assert.deepEqual(scopes(plan({}, { ...always, namespaces: ['shop'] })), [
    ['pods', 'shop', 'spec.nodeName=node-a', ''],
  ]);
});
