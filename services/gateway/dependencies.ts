/** What the gateway's routes need from outside: the seam that tests fill by hand and main.ts fills with NATS. */
import type { Route } from '../../shared/config/routes.ts';
import type { DemoRecord } from '../../shared/demo/demo-record.ts';
import type { Log } from '../../shared/log/log.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import type { LiveStreams } from './stream/live-streams.ts';
import type { Redrive } from './dead-letters/redriver.ts';
import type { CustomerLists } from './views/customer-lists.ts';
import type { Views } from './views/views.ts';

export interface GatewayDependencies extends Views {
  readonly log: Log;
  readonly streams: LiveStreams;
  /** Absent: customers are listed from the bucket, in the order of their changes. */
  readonly customers?: CustomerLists;
  /** Sends demo records to Kafka; throws NotSentError. */
  readonly sendDemo: (records: readonly DemoRecord[]) => Promise<void>;
  /** Puts dead letters back into Kafka; throws NotRedrivenError. */
  readonly redrive: Redrive;
  /** Those in force. */
  readonly routes: () => Promise<readonly Route[]>;
  /** False while the connection to NATS is down. */
  readonly connected: () => boolean;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'counter' | 'histogram'>;
  /** Wall clock, ms. */
  readonly now: () => number;
}
