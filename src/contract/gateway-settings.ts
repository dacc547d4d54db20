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

/** What the running configuration of one nginx says about its sockets and workers. */
export interface GatewaySettings {
  readonly subject: Subject;
  /** Null: not known which process runs it. */
  readonly master: { readonly pid: number; readonly startTicks: number } | null;
  readonly listens: readonly ListenInUse[];
  /** Of one worker; null: not set, 512. */
  readonly workerConnections: number | null;
}

/** Who reads configurations says here what they set; who looks at sockets and workers asks. */
export interface GatewaySettingsBoard {
  /** Takes the settings in place of what `key` said before; null: nothing is known any more. */
  report(key: string, settings: GatewaySettings | null): void;
  all(): readonly GatewaySettings[];
}
