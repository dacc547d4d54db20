/** Ways in which a running proxy and the EndpointSlices can differ, told once for every proxy. */
import { endpointSlice } from '../kubernetes/objects.ts';
import { all, live, type TruthCase, twoPods } from './truth-case.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf, terminatingPod, unreadyPod } from './truth-objects.ts';

function foreign(): TruthCase {
  const base = twoPods('lost', 2, {
    what: 'foreign: another Service has the address now',
    endpoints: [readyPod('10.2.2.1')],
    during: { ...live(2), '10.2.2.2:8080': 'foreign' },
  });
  const taker = { ...readyPod('10.2.2.2'), targetRef: { kind: 'Pod', namespace: NAMESPACE, name: 'other', uid: 'x' } };
  return {
    ...base,
    objects: [...base.objects, serviceOf('taker')],
    disturb: (store) => {
      base.disturb(store);
      store.create(sliceOf('taker-a', [taker]));
    },
  };
}

function portDrift(): TruthCase {
  const slice = sliceOf('moved-a', [readyPod('10.2.5.1')]);
  return {
    ...{ what: 'port drift: the pods listen elsewhere', service: 'moved', servers: ['10.2.5.1:8080'] },
    objects: [serviceOf('moved'), slice],
    before: { '10.2.5.1:8080': 'live' },
    disturb: (store) => void store.update(slice, (draft) => Object.assign(draft.ports![0], { port: 9090 })),
    during: { '10.2.5.1:8080': 'port_drift', '10.2.5.1:9090': 'missing' },
    repaired: ['10.2.5.1:9090'],
    after: { '10.2.5.1:9090': 'live' },
  };
}

function clusterIp(): TruthCase {
  const slice = sliceOf('vip-a', [readyPod('10.2.7.1')]);
  const spec = { clusterIP: '10.96.9.9', clusterIPs: ['10.96.9.9'] };
  return {
    ...{ what: 'ClusterIP: never compared', service: 'vip', servers: ['10.96.9.9:80'] },
    objects: [serviceOf('vip', spec), slice],
    before: { '10.96.9.9:80': 'cluster_ip' },
    disturb: (store) => void store.update(slice, (draft) => Object.assign(draft, { endpoints: [] })),
    ...{
      during: { '10.96.9.9:80': 'cluster_ip' },
      repaired: ['10.96.9.9:80'],
      after: { '10.96.9.9:80': 'cluster_ip' },
    },
  };
}

/** Spelled in two ways; of the IPv4-only upstream nothing is missing. */
function dualStack(): TruthCase {
  const [v4, v6] = ['10.2.11.1:8080', '[fd00:11::1]:8080'];
  const six = endpointSlice({
    ...{ name: 'dual-6', namespace: NAMESPACE, addressType: 'IPv6' },
    endpoints: [readyPod('fd00:11:0:0::1')],
  });
  return {
    ...{ what: 'dual stack: the families are compared apart', service: 'dual', servers: [v4, '[FD00:0011::0:1]:8080'] },
    objects: [serviceOf('dual'), sliceOf('dual-4', [readyPod('10.2.11.1')]), six],
    before: { [v4]: 'live', [v6]: 'live' },
    disturb: (store) => void store.update(six, (draft) => Object.assign(draft, { endpoints: [] })),
    ...{ during: { [v4]: 'live', [v6]: 'stale' }, repaired: [v4], after: { [v4]: 'live' } },
  };
}

function oneFamily(): TruthCase {
  const v4 = { '10.2.12.1:8080': 'live' };
  const six = endpointSlice({ name: 'four-6', namespace: NAMESPACE, addressType: 'IPv6', addresses: ['fd00:12::1'] });
  return {
    ...{ what: 'one family: the other one is not missing', service: 'four', servers: ['10.2.12.1:8080'] },
    objects: [serviceOf('four'), sliceOf('four-4', [readyPod('10.2.12.1')]), six],
    ...{ before: v4, during: v4, after: v4, repaired: ['10.2.12.1:8080'] },
    disturb: (store) =>
      void store.update(six, (draft) => Object.assign(draft, { endpoints: [{ addresses: ['fd00:12::2'] }] })),
  };
}

function headless(): TruthCase {
  const ports = [{ name: '', port: 5432, protocol: 'TCP' }];
  const slice = sliceOf('base-a', ['10.2.13.1', '10.2.13.2'].map(readyPod), ports);
  const spec = { clusterIP: 'None', clusterIPs: ['None'], ports: [{ port: 5432, targetPort: 5432 }] };
  const [first, second] = ['10.2.13.1:5432', '10.2.13.2:5432'];
  return {
    ...{ what: 'headless, port without a name', service: 'base', port: 5432, servers: [first, second] },
    objects: [serviceOf('base', spec), slice],
    before: all([first, second], 'live'),
    disturb: (store) =>
      void store.update(slice, (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.13.1')] })),
    ...{ during: { [first]: 'live', [second]: 'stale' }, repaired: [first], after: { [first]: 'live' } },
  };
}

/** Two slices, because the name stands for another number in each; the metrics port is nobody's upstream. */
function namedPorts(): TruthCase {
  const [first, second] = ['10.2.14.1:8080', '10.2.14.2:8081'];
  const ports = (port: number) => [
    { name: 'http', port, protocol: 'TCP' },
    { name: 'metrics', port: 9100, protocol: 'TCP' },
  ];
  const later = sliceOf('names-b', [readyPod('10.2.14.2')], ports(8081));
  const spec = {
    ports: [
      { name: 'http', port: 80, targetPort: 'web' },
      { name: 'metrics', port: 9100, targetPort: 'metrics' },
    ],
  };
  return {
    ...{ what: 'named ports: one name, two numbers', service: 'names', servers: [first, second] },
    objects: [serviceOf('names', spec), sliceOf('names-a', [readyPod('10.2.14.1')], ports(8080)), later],
    before: all([first, second], 'live'),
    disturb: (store) => store.delete(later),
    ...{ during: { [first]: 'live', [second]: 'stale' }, repaired: [first], after: { [first]: 'live' } },
  };
}

/** The Service is remembered. */
function deleted(): TruthCase {
  const base = twoPods('dropped', 17, {
    what: 'Service deleted: all are stale',
    endpoints: [],
    during: { '10.2.17.1:8080': 'stale', '10.2.17.2:8080': 'stale' },
  });
  return {
    ...base,
    disturb: (store) => {
      for (const object of base.objects) store.delete(object);
    },
  };
}

/** The very pod that was behind the address belongs to another Service now: nobody else answers. */
function relabelled(): TruthCase {
  const base = twoPods('left', 18, {
    what: 'stale, not foreign: the pod itself has changed sides',
    endpoints: [readyPod('10.2.18.1')],
    during: { ...live(18), '10.2.18.2:8080': 'stale' },
  });
  return {
    ...base,
    objects: [...base.objects, serviceOf('joined')],
    disturb: (store) => {
      base.disturb(store);
      store.create(sliceOf('joined-a', [readyPod('10.2.18.2')]));
    },
  };
}

/** Two slices are not written at once: for a second the endpoint is in none. */
function rewritten(): TruthCase {
  const servers = ['10.2.15.1:8080', '10.2.15.2:8080'];
  const listing = all(servers, 'live');
  const [from, to] = [sliceOf('split-a', ['10.2.15.1', '10.2.15.2'].map(readyPod)), sliceOf('split-b', [])];
  return {
    ...{ what: 'slices rewritten: an endpoint that moves is never stale', service: 'split', servers },
    objects: [serviceOf('split'), from, to],
    ...{ before: listing, during: listing, after: listing, repaired: servers },
    disturb: (store) => {
      store.update(from, (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.15.1')] }));
      const endpoints = [readyPod('10.2.15.2')];
      setTimeout(() => store.update(to, (draft) => Object.assign(draft, { endpoints })), 1000);
    },
  };
}

function untouched(): TruthCase {
  const servers = ['10.2.16.1:8080'];
  const listing = all(servers, 'live');
  return {
    ...{ what: 'nothing happens: nothing is said', service: 'quiet', servers, repaired: servers },
    objects: [serviceOf('quiet'), sliceOf('quiet-a', [readyPod('10.2.16.1')])],
    ...{ before: listing, during: listing, after: listing },
    disturb: () => {},
  };
}

/** A pod of the same Service gets the address of one that is gone; one that ends is published as ready. */
function sameAddress(): TruthCase {
  const listing = { ...live(19), '10.2.19.2:8080': 'live' };
  const targetRef = { kind: 'Pod', namespace: NAMESPACE, name: 'pod-new', uid: 'uid-new' };
  const published = { ready: true, serving: true, terminating: true };
  return {
    ...twoPods('reborn', 19, {
      what: 'still live: a new pod with an old address, and one that ends but is published',
      endpoints: [
        { ...readyPod('10.2.19.1'), targetRef },
        { ...readyPod('10.2.19.2'), conditions: published },
      ],
      during: listing,
    }),
    after: listing,
  };
}

/** New objects at every call. */
export function truthCases(): TruthCase[] {
  const stays = readyPod;
  return [
    twoPods('gone', 1, {
      what: 'stale: a pod is gone',
      endpoints: [stays('10.2.1.1')],
      during: { ...live(1), '10.2.1.2:8080': 'stale' },
    }),
    foreign(),
    twoPods('ending', 3, {
      what: 'terminating: a pod is being deleted',
      endpoints: [stays('10.2.3.1'), terminatingPod('10.2.3.2')],
      during: { ...live(3), '10.2.3.2:8080': 'terminating' },
    }),
    twoPods('sick', 4, {
      what: 'not ready: a pod fails its probe',
      endpoints: [stays('10.2.4.1'), unreadyPod('10.2.4.2')],
      during: { ...live(4), '10.2.4.2:8080': 'not_ready' },
    }),
    portDrift(),
    twoPods('grown', 6, {
      what: 'missing: a pod has come',
      endpoints: ['10.2.6.1', '10.2.6.2', '10.2.6.3'].map(readyPod),
      during: { ...live(6), '10.2.6.2:8080': 'live', '10.2.6.3:8080': 'missing' },
    }),
    clusterIp(),
    twoPods('zero', 10, {
      what: 'scaled to zero: all are stale',
      endpoints: [],
      during: { '10.2.10.1:8080': 'stale', '10.2.10.2:8080': 'stale' },
    }),
    dualStack(),
    oneFamily(),
    headless(),
    namedPorts(),
    deleted(),
    relabelled(),
    sameAddress(),
    rewritten(),
    untouched(),
  ];
}
