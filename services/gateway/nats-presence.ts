/** Whether the connection to NATS stands, from its own events: a look at it costs nothing. */
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** The returned function is false from a disconnect until the reconnect, and for ever once closed. */
export function watchPresence(connection: NatsConnection, logger: Logger): () => boolean {
  let present = !connection.isClosed();
  const follow = async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' && present) logger.warn('NATS is away: answering 503 until it is back');
      if (type === 'reconnect' && !present) logger.info('NATS is back');
      if (type === 'disconnect' || type === 'close') present = false;
      if (type === 'reconnect') present = true;
    }
  };
  void follow();
  return () => present && !connection.isClosed();
}
