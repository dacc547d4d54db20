/** Why a request or a watch came to its end; closed set of `badgateway_watch_restarts_total{reason}`. */
export const RESTART_REASONS = [
  'ended',
  'idle',
  'confirm',
  'expired',
  'reset',
  'unreachable',
  'timeout',
  'tls',
  'unauthorized',
  'forbidden',
  'throttled',
  'server_error',
  'rejected',
  'error_event',
  'bad_data',
  'credentials',
  'version_went_back',
  'cancelled',
] as const;
export type RestartReason = (typeof RESTART_REASONS)[number];

/** What went wrong with a request to the API server. The message holds no address and nothing of an answer's objects. */
export class ApiError extends Error {
  readonly reason: RestartReason;
  /** HTTP status, or the code of an ERROR event; 0 when there was no answer. */
  readonly status: number;
  /** What the server asks for; null when it says nothing. */
  readonly retryAfterMs: number | null;
  /** The resourceVersion asked for is ahead of the server's: it was restored, or its cache lags. */
  readonly isTooLarge: boolean;

  constructor(
    reason: RestartReason,
    message: string,
    detail: { status?: number; retryAfterMs?: number | null; isTooLarge?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: detail.cause });
    this.name = 'ApiError';
    this.reason = reason;
    this.status = detail.status ?? 0;
    this.retryAfterMs = detail.retryAfterMs ?? null;
    this.isTooLarge = detail.isTooLarge ?? false;
  }
}

interface StatusBody {
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly details?: {
    readonly retryAfterSeconds?: unknown;
    readonly causes?: readonly { readonly reason?: unknown }[];
  };
}

const REASONS: Readonly<Record<number, RestartReason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  410: 'expired',
  429: 'throttled',
};

/**
 * @param code HTTP status
 * @param body a `kind: Status` object, or anything else that stands in for an API server
 * @param retryAfter the Retry-After header: seconds, or a date (which is not read)
 */
export function errorOfStatus(code: number, body: unknown, retryAfter = ''): ApiError {
  const { reason, details } = (typeof body === 'object' && body !== null ? body : {}) as StatusBody;
  const seconds = /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : details?.retryAfterSeconds;
  const causes = Array.isArray(details?.causes) ? details.causes : [];
  const word = typeof reason === 'string' && /^[A-Za-z]{1,40}$/.test(reason) ? ` ${reason}` : '';
  return new ApiError(REASONS[code] ?? (code >= 500 ? 'server_error' : 'rejected'), `API server said ${code}${word}`, {
    status: code,
    retryAfterMs: typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : null,
    isTooLarge: causes.some((cause) => cause?.reason === 'ResourceVersionTooLarge'),
  });
}

/** The object of an ERROR event. */
export function errorOfEvent(body: unknown): ApiError {
  const { code, reason } = (typeof body === 'object' && body !== null ? body : {}) as StatusBody;
  const isExpired = code === 410 || reason === 'Expired' || reason === 'Gone';
  const status = typeof code === 'number' ? code : 0;
  return new ApiError(isExpired ? 'expired' : 'error_event', `watch ended with an ERROR event, code ${status}`, {
    status,
  });
}

/** What Node says when there is no connection, or no more. */
export function errorOfSocket(error: NodeJS.ErrnoException): ApiError {
  if (error instanceof ApiError) return error;
  const code = error.code ?? '';
  const isTls = /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|EPROTO|HOSTNAME)/.test(code);
  const isUnreachable = error.syscall === 'connect' || error.syscall === 'getaddrinfo';
  const reason = isTls ? 'tls' : isUnreachable ? 'unreachable' : 'reset';
  const what = { tls: 'TLS with the API server failed', unreachable: 'API server is not reachable' };
  return new ApiError(reason, `${reason === 'reset' ? 'connection to the API server broke' : what[reason]} (${code})`, {
    cause: error,
  });
}

/** Whatever a reader of objects has thrown. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('bad_data', 'answer not understood', { cause: error });
}

/** The body of an error; null when it is no JSON. */
export function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
