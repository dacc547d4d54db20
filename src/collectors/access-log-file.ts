import type { AccessLogReader, AccessSource } from '../parse/access-log/access-log-reader.ts';
import { STREAM } from '../parse/log-prefix.ts';
import type { Follow } from '../sources/line-source.ts';
import { isContainerLog } from '../sources/pod-log-path.ts';
import type { AccessGateway } from './access-log-gateway.ts';
import type { HotLog } from './access-log-threads.ts';

const PLAIN: AccessSource = { wrapping: 'none', stream: STREAM.none };
/** Images link their access log to standard output and their error log to standard error. */
const CONTAINER: AccessSource = { wrapping: 'container', stream: STREAM.stdout };

/** A followed file. */
export interface AccessLogFile {
  readonly path: string;
  readonly gateway: AccessGateway;
  readonly source: AccessSource;
  /** Undefined: nothing it has said fits a format. */
  reader: AccessLogReader | undefined;
  /** Blocks that did not say the format. */
  tried: number;
}

export function accessLogFile(path: string, gateway: AccessGateway): AccessLogFile {
  return { path, gateway, source: isContainerLog(path) ? CONTAINER : PLAIN, reader: undefined, tried: 0 };
}

/** As threads know it. */
export function hotLog({ key }: Follow, { gateway, source }: AccessLogFile, { format }: AccessLogReader): HotLog {
  return { key, counts: gateway.counts, format, source };
}
