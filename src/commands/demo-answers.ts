import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ENVOY_ADMIN_REQUESTS } from '../sources/http-get-envoy.ts';

/** The page of nginx' stub_status, as the recorded nginx has it. */
export const STATUS_PATH = '/nginx_status';
const PATHS: Readonly<Record<string, string>> = { ...ENVOY_ADMIN_REQUESTS, nginx_status: STATUS_PATH };

/** Answers like Envoy's admin interface and nginx' stub_status with the bytes that real ones gave. */
export interface ReplayedAnswers {
  readonly url: string;
  /** From now on `request` (a key of ENVOY_ADMIN_REQUESTS, or nginx_status) is answered with these bytes. */
  answer(request: string, bytes: Buffer): void;
  close(): Promise<void>;
}

/** On a free port of loopback. The filter of /stats was applied while recording. */
export async function startReplayedAnswers(): Promise<ReplayedAnswers> {
  const answers = new Map<string, Buffer>();
  const server = createServer(({ url = '' }, response) => {
    const bytes = answers.get(pathOf(url));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answer(request, bytes) {
      const path = PATHS[request];
      if (path !== undefined) answers.set(pathOf(path), bytes);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pathOf(url: string): string {
  return url.split('?', 1)[0];
}
