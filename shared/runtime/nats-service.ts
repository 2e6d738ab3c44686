/**
 * Registers a process as a NATS service, so that `nats service ls` shows the mesh without knowing any port.
 * Its one endpoint, `weir.<name>.status`, answers with the member record.
 */
import { Svcm } from '@nats-io/services';
import type { JetStreamLog } from '../log/jetstream-log.ts';
import type { MemberRecord } from './status.ts';

const VERSION = '0.1.0';

export async function announce(
  log: JetStreamLog,
  name: string,
  describe: () => MemberRecord,
): Promise<AsyncDisposable> {
  const safeName = name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const service = await new Svcm(log.connection).add({
    name: `weir-${safeName}`,
    version: VERSION,
    description: `Weir ${name}`,
    metadata: { instance: describe().instance },
  });
  service.addEndpoint('status', {
    subject: `weir.${safeName}.status`,
    handler: (error, message) => {
      if (!error) message.respond(JSON.stringify(describe()));
    },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      if (!log.connection.isClosed()) await service.stop();
    },
  };
}
