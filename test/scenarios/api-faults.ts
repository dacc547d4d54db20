/** Every switch of the fake API server (docs/testing-kubernetes.md, "Faults"), as something that begins and ends. */
import type { FakeApiServer } from '../kubernetes/api-server.ts';
import type { FaultAction } from '../kubernetes/faults.ts';

export interface ApiFault {
  readonly what: string;
  begin(api: FakeApiServer): unknown;
  /** The server works again. */
  end(api: FakeApiServer): unknown;
  /** Nothing can be heard of the server while it lasts. */
  readonly isOutage: boolean;
  /** Watches open as if all were well and say nothing of what has changed: nobody can tell that from a quiet server. */
  readonly isDeceptive?: boolean;
}

/** Of every request, also those that were open. */
function always(what: string, action: FaultAction, isOutage = true): ApiFault {
  return {
    ...{ what, isOutage },
    begin: (api) => {
      api.faults.on(action);
      api.resetConnections();
    },
    end: (api) => api.faults.allOff(),
  };
}

function brief(what: string, begin: ApiFault['begin'], end: ApiFault['end'] = () => {}): ApiFault {
  return { what, begin, end, isOutage: false };
}

const STATUSES = [401, 403, 404, 409, 429, 500, 503, 504].flatMap((code) => [
  always(`${code}`, { kind: 'status', code, ...(code === 429 || code === 503 ? { retryAfterSeconds: 1 } : {}) }),
  always(`${code} as text`, { kind: 'status', code, body: 'text' }),
]);

const CUTS = (['reset', 'fin', 'end', 'silence'] as const).flatMap((how) => [
  {
    ...always(`every answer ends: ${how}`, { kind: 'cut', how, afterBytes: 100 }, how !== 'silence'),
    isDeceptive: how === 'silence',
  },
  brief(`open watches end: ${how}`, (api) => api.watches.cut(how)),
  brief(`open watches end in a line: ${how}`, (api) =>
    api.watches.cut(how, { partial: '{"type":"DELETED","object":{' }),
  ),
]);

const EXPIRED = (['event', 'http', 'continue'] as const).map((shape) =>
  brief(`410 as ${shape}`, (api) => {
    api.faults.on({ kind: 'expired', shape }, { times: 3 });
    api.resetConnections();
  }),
);

const PACE = [
  always('never answered', { kind: 'stall' }),
  always('late', { kind: 'delay', ms: 20 }, false),
  always('in pieces', { kind: 'drip', bytes: 40 }, false),
  always('torn apart', { kind: 'chunks', split: (bytes) => [bytes.subarray(0, 7), bytes.subarray(7)] }, false),
];

const STREAM = [
  brief('410 in the middle', (api) => api.watches.expire()),
  brief('garbage', (api) => api.watches.sendRaw('not json\n')),
  brief('events twice', (api) => api.watches.eventFaults.duplicateNext(2)),
  brief('events swapped', (api) => api.watches.eventFaults.swapNext(1)),
];

const SERVER: ApiFault[] = [
  {
    ...{ what: 'half-open', isOutage: true },
    begin: (api) => api.freeze(),
    end: (api) => api.thaw(),
  },
  {
    ...{ what: 'handshakes held', isOutage: true },
    begin: (api) => {
      api.holdHandshakes(true);
      api.resetConnections();
    },
    end: (api) => api.holdHandshakes(false),
  },
  {
    ...{ what: 'killed, back with a jump of versions', isOutage: true },
    begin: (api) => api.kill(),
    end: (api) => api.restart({ jump: 1_000 }),
  },
  brief('every connection reset', (api) => api.resetConnections()),
  brief('another authority', (api) => api.rotateCertificates({ dropConnections: true })),
  brief(
    'wrong clock',
    (api) => {
      api.clockSkewMs = 3_600_000;
      api.resetConnections();
    },
    (api) => {
      api.clockSkewMs = 0;
      api.swapToken();
    },
  ),
];

const ACCESS: ApiFault[] = [
  brief('another token, in the file at once', (api) => {
    api.swapToken();
    api.resetConnections();
  }),
  {
    ...{ what: 'another token, in the file late', isOutage: true },
    begin: (api) => {
      api.swapToken({ file: false });
      api.resetConnections();
    },
    end: (api) => api.serviceAccount.swap({ token: api.token }),
  },
  {
    ...{ what: 'token revoked and its file away', isOutage: true },
    begin: (api) => {
      api.access.revoke(api.token);
      api.serviceAccount.takeAway();
      api.resetConnections();
    },
    end: (api) => api.swapToken(),
  },
  denied('EndpointSlices denied', { resource: 'endpointslices' }),
  denied('watching denied', { verb: 'watch' }),
  denied('namespace denied', { namespace: 'shop' }),
];

function denied(what: string, denial: Parameters<FakeApiServer['access']['deny']>[0]): ApiFault {
  let grant = () => {};
  return {
    ...{ what, isOutage: denial?.verb === undefined },
    begin: (api) => {
      grant = api.access.deny(denial);
      api.resetConnections();
    },
    end: () => grant(),
  };
}

export const API_FAULTS: readonly ApiFault[] = [
  ...[...STATUSES, ...CUTS, ...EXPIRED, ...PACE],
  ...[...STREAM, ...SERVER, ...ACCESS],
];
