/** `kind: Status` bodies of the fake API server, in the words of a real one. */

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Failure';
  message: string;
  reason: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    causes?: { reason?: string; message: string; field?: string }[];
    retryAfterSeconds?: number;
  };
  code: number;
}

/** Thrown by handlers; the request handler sends `status`. */
export class ApiError extends Error {
  readonly status: Status;
  constructor(code: number, reason: string, message: string, details?: Status['details']) {
    super(message);
    this.status = failure(code, reason, message, details);
  }
}

export function failure(code: number, reason: string, message: string, details?: Status['details']): Status {
  const head = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason } as const;
  return { ...head, ...(details === undefined ? {} : { details }), code };
}

export const badRequest = (message: string) => new ApiError(400, 'BadRequest', message);
export const unauthorized = () => new ApiError(401, 'Unauthorized', 'Unauthorized');

export function notFound(resource: { readonly group: string; readonly plural: string }, name: string): ApiError {
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
  return new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, details);
}

export function conflict(resource: { readonly group: string; readonly plural: string }, name: string): ApiError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, { name, kind: resource.plural });
}

export function alreadyExists(resource: { readonly group: string; readonly plural: string }, name: string): ApiError {
  const details = { name, kind: resource.plural };
  return new ApiError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, details);
}

/** What the watch cache says; `oldest` is the last version that is no longer to be had. */
export const tooOld = (requested: number, oldest: number) =>
  new ApiError(410, 'Expired', `too old resource version: ${requested} (${oldest})`);

export const exactTooOld = () => new ApiError(410, 'Expired', 'The resourceVersion for the provided list is too old.');

export function continueTooOld(freshContinue: string): ApiError {
  const error = new ApiError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list ' +
      'without the continue parameter, or use the continue token in this response to retrieve the remainder of the ' +
      'results. Continuing with the provided token results in an inconsistent list - objects that were created, ' +
      'modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  error.status.metadata.continue = freshContinue;
  return error;
}

export function tooLarge(requested: number, current: number): ApiError {
  const message = `Timeout: Too large resource version: ${requested}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

export function invalidListOption(field: string, why: string): ApiError {
  const message = `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`;
  const causes = [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }];
  return new ApiError(422, 'Invalid', message, { group: 'meta.k8s.io', kind: 'ListOptions', causes });
}

/** What a switched-on fault of this code says, when the test gives no words of its own. */
export const FAULT_STATUS: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden: switched on by the test'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: ['Conflict', 'Operation cannot be fulfilled: switched on by the test'],
  410: ['Expired', 'The resourceVersion for the provided list is too old.'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred: switched on by the test'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
};

export function qualified({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}
