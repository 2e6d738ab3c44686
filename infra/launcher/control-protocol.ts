/** What `npm run mesh` and the running launcher say to each other, as JSON over HTTP on 127.0.0.1 with a bearer token. */

export interface WorkerReport {
  readonly name: string;
  readonly state: 'ready' | 'not ready' | 'waiting' | 'stopped';
  readonly pid?: number;
  readonly restarts: number;
  /** ms since the process began. */
  readonly uptimeMs: number;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
}

export interface ServerReport {
  readonly name: string;
  readonly url: string;
  readonly version: string;
  readonly source: string;
  readonly pid?: number;
  /** A command line that looks into it. */
  readonly look?: string;
}

export interface LauncherReport {
  readonly pid: number;
  readonly startedAt: string;
  readonly dataDir: string;
  readonly gatewayUrl: string;
  readonly servers: readonly ServerReport[];
  readonly workers: readonly WorkerReport[];
}

export type ControlRequest =
  | { readonly kind: 'status' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'scale'; readonly group: string; readonly count: number }
  | { readonly kind: 'restart'; readonly target: string };

export type ControlAnswer =
  | { readonly ok: true; readonly message: string; readonly report?: LauncherReport }
  | { readonly ok: false; readonly message: string };
