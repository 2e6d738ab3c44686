/** A running server and where it came from, whoever started it. */

export type ServerSource =
  | 'environment NATS_URL'
  | 'environment KAFKA_BOOTSTRAP_SERVERS'
  | 'environment DATABASE_URL'
  | 'environment PG_HOST'
  | 'environment DYNAMODB_ENDPOINT'
  | 'PATH'
  | 'cache'
  | 'go install'
  | 'maven'
  | 'npm';

export interface RunningServer {
  /** What clients connect to: `nats://127.0.0.1:4222`, Kafka's bootstrap list, `postgres://weir@127.0.0.1:5432/shop`. */
  readonly url: string;
  readonly source: ServerSource;
  readonly version: string;
  /** Absent for a server that is not ours. */
  readonly pid?: number;
  /** HTTP monitoring, when the server has it and is ours. */
  readonly monitorUrl?: string;
  readonly dataDir?: string;
  /** Resolves when a server of ours ends by itself or by close(); never for others. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

export const never: Promise<never> = new Promise(() => undefined);
