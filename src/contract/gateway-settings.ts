import type { Subject } from './metrics.ts';

/** A socket that the configuration that runs says nginx listens on, without UDP. */
export interface ListenInUse {
  readonly kind: 'tcp' | 'unix';
  /** Canonical IP address, `0.0.0.0` and `::` for all of them, name, or path of a unix socket. */
  readonly host: string;
  /** Null: a unix socket. A range has its last port too. */
  readonly port: number | null;
  readonly lastPort: number | null;
  /** Null: not set, 511 on Linux (NGX_LISTEN_BACKLOG). */
  readonly backlog: number | null;
  /** `file:line` */
  readonly place: string;
}

/** Where several places send to one upstream, each with its own; milliseconds. */
export interface TimeoutRange {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** The buffer that the header of an answer must fit in. */
export interface HeaderBufferInUse {
  /** `proxy_buffer_size` and its like. */
  readonly directive: string;
  /** Null: not set, one page of memory (4k or 8k). */
  readonly bytes: number | null;
  /** `file:line`; '' when it is not set. */
  readonly place: string;
}

/** What holds for requests to an upstream. Null: not known. */
export interface UpstreamLimits {
  /** How long a connection is waited for. */
  readonly connect: TimeoutRange | null;
  /** How long the next part of an answer is waited for, or for the peer to take a part of the request. */
  readonly answer: TimeoutRange | null;
  /** The smallest. */
  readonly header: HeaderBufferInUse | null;
}

/** What the running configuration of one nginx says about its sockets and workers. */
export interface GatewaySettings {
  readonly subject: Subject;
  /** Null: not known which process runs it. */
  readonly master: { readonly pid: number; readonly startTicks: number } | null;
  readonly listens: readonly ListenInUse[];
  /** Of one worker; null: not set, 512. */
  readonly workerConnections: number | null;
  /** Statuses of requests that its limits refuse. Absent: not known. */
  readonly refusalStatuses?: readonly number[];
  /** Its access logs have lines of subrequests, too. Absent: not known. */
  readonly logsSubrequests?: boolean;
  /** Its error log has the word of every attempt that fails. Absent: not known. */
  readonly isErrorLogWhole?: boolean;
  /** By name of the upstream, and of all together, for those that only the running nginx can name. Absent: not known. */
  readonly limits?: { readonly byUpstream: ReadonlyMap<string, UpstreamLimits>; readonly all: UpstreamLimits };
}

/** Who reads configurations says here what they set; who looks at sockets and workers asks. */
export interface GatewaySettingsBoard {
  /** Takes the settings in place of what `key` said before; null: nothing is known any more. */
  report(key: string, settings: GatewaySettings | null): void;
  all(): readonly GatewaySettings[];
}
