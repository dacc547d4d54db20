/** What a demo watches: a recording that is replayed, or real programs. */
export interface Scene {
  /** `collectors` and `paths` of the configuration. */
  readonly config: object;
  /** Lines for the person in front of the terminal. */
  readonly introduction: readonly string[];
  /** `failed` hears when it cannot go on. */
  start(failed: (error: unknown) => void): void;
  stop(): Promise<void>;
}

export interface SceneOptions {
  /** Temporary and empty; removed by the demo. */
  readonly directory: string;
  readonly speed: number;
  readonly say: (line: string) => void;
}

/** `0:07` */
export function formatMoment(atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
