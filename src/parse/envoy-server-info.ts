import { EnvoyParseError } from './envoy-json.ts';

/** As in envoy.admin.v3.ServerInfo.State. `UNKNOWN`: a word we do not know. */
export const SERVER_STATES = ['LIVE', 'DRAINING', 'PRE_INITIALIZING', 'INITIALIZING', 'UNKNOWN'] as const;
export type ServerState = (typeof SERVER_STATES)[number];

export interface ServerInfo {
  /** Semantic version, e.g. `1.36.4`. */
  version: string;
  state: ServerState;
  /** Since this process started; it restarts at 0 with a hot restart. */
  uptimeSeconds: number;
  /** Since the first process of a chain of hot restarts. */
  uptimeAllSeconds: number;
  /** Hot restarts before this process; null: not said. */
  restartEpoch: number | null;
  /** Worker threads; null: not said. */
  concurrency: number | null;
  /** It writes its access logs at least so often, in milliseconds; null: not said. */
  fileFlushMs: number | null;
  /** Path of the file that it was started with, as it was given; '' when it is not said. */
  configPath: string;
}

const UNSAID = { restartEpoch: null, concurrency: null, fileFlushMs: null, configPath: '' } as const;

function readVersion(text: unknown): string {
  const version = String(text).split('/')[1] ?? '';
  return /^\d+\.\d+\.\d+[\w.+-]{0,40}$/.test(version) ? version : '';
}

/** A protobuf Duration in JSON: `28s`, `1.500s`. */
function readDuration(text: unknown): number | null {
  const match = /^(\d{1,12}(\.\d{1,9})?)s$/.exec(String(text));
  return match ? Number(match[1]) : null;
}

function readUint32(value: unknown): number | null {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff_ffff ? Number(value) : null;
}

/** Options as they are in force; concurrency is never 0, and proto3 JSON omits an epoch of 0. */
function readOptions(options: unknown): Omit<ServerInfo, 'version' | 'state' | 'uptimeSeconds' | 'uptimeAllSeconds'> {
  if (typeof options !== 'object' || options === null) return UNSAID;
  const { restart_epoch = 0, concurrency, config_path, file_flush_interval } = options as Record<string, unknown>;
  const flushSeconds = readDuration(file_flush_interval);
  return {
    restartEpoch: readUint32(restart_epoch),
    concurrency: readUint32(concurrency),
    fileFlushMs: flushSeconds === null ? null : flushSeconds * 1000,
    configPath: typeof config_path === 'string' ? config_path : '',
  };
}

/** Envoy ≤ 1.8: `envoy <sha>/<version>/<...> live <uptime> <uptime all> <epoch>`. */
function parseOneLine(text: string): ServerInfo | null {
  const match = /^envoy (\S+) (live|draining) (\d{1,12}) (\d{1,12}) (\d+)\s*$/.exec(text);
  if (!match) return null;
  const [, version, state, uptime, uptimeAll, epoch] = match;
  return {
    version: readVersion(version),
    state: state === 'live' ? 'LIVE' : 'DRAINING',
    uptimeSeconds: Number(uptime),
    uptimeAllSeconds: Number(uptimeAll),
    ...UNSAID,
    restartEpoch: readUint32(Number(epoch)),
  };
}

/** Reads the body of `/server_info`. Throws `EnvoyParseError` when it is not an Envoy's. */
export function parseServerInfo(text: string): ServerInfo {
  const oneLine = parseOneLine(text);
  if (oneLine) return oneLine;
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch (error) {
    throw new EnvoyParseError(`/server_info is not JSON (${(error as Error).message.slice(0, 80)})`, 0);
  }
  if (typeof info !== 'object' || info === null || !('version' in info) || !/\/\d+\.\d+\./.test(String(info.version)))
    throw new EnvoyParseError('/server_info has no Envoy version', 0);
  const { version, state, uptime_current_epoch, uptime_all_epochs, command_line_options } = info as Record<
    string,
    unknown
  >;
  return {
    version: readVersion(version),
    // proto3 JSON omits the zero value, which is LIVE.
    state: SERVER_STATES.find((known) => known === (state ?? 'LIVE')) ?? 'UNKNOWN',
    uptimeSeconds: readDuration(uptime_current_epoch) ?? 0,
    uptimeAllSeconds: readDuration(uptime_all_epochs) ?? 0,
    ...readOptions(command_line_options),
  };
}
