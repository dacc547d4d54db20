import { ApiError } from './api-error.ts';

/**
 * Credentials within `withinMs`, or an ApiError: a kubeconfig may name a program that waits for somebody to log in, and a stop
 * must not wait for it.
 */
export async function accessWithin<T>(access: () => Promise<T>, withinMs: number, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const cancel = () => ended.reject(new ApiError('cancelled', 'cancelled'));
  const late = () => ended.reject(new ApiError('credentials', `no credentials within ${withinMs} ms`));
  const timer = setTimeout(late, withinMs);
  signal.addEventListener('abort', cancel);
  try {
    if (signal.aborted) cancel();
    return await Promise.race([ended.promise, access()]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}
