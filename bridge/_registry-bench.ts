/** A schema registry on a real socket that tests take away and bring back, and orders in Avro. */
import { createApp } from '../infra/schema-registry/app.ts';
import { ChangeLog, SCHEMAS } from '../infra/schema-registry/change-log.ts';
import { type Listening, listen } from '../infra/schema-registry/listen.ts';
import { Registry } from '../infra/schema-registry/registry.ts';
import { parseSchema } from '../shared/avro/avro-schema.ts';
import { frameWriter } from '../shared/avro/avro-writer.ts';
import { SchemaRegistry } from '../shared/avro/schema-registry.ts';
import type { JetStreamLog } from '../shared/log/jetstream-log.ts';
import { provisionBucket } from '../shared/log/provision.ts';
import { createLogger } from '../shared/telemetry/logger.ts';

type Fetch = (request: Request) => Response | Promise<Response>;

export class TestRegistry implements AsyncDisposable {
  readonly url: string;
  readonly #fetch: Fetch;
  #listening: Listening | undefined;
  /** User and password that requests must have. */
  #wanted: string | undefined;

  private constructor(fetch: Fetch, listening: Listening) {
    this.#fetch = fetch;
    this.#listening = listening;
    this.url = listening.url;
  }

  static async start(log: JetStreamLog): Promise<TestRegistry> {
    await provisionBucket(log, SCHEMAS);
    const changes = await ChangeLog.open({ log, connected: () => log.isConnected });
    const { fetch } = createApp(new Registry(changes), createLogger('test-registry', 'error'));
    const self: { registry?: TestRegistry } = {};
    const guarded: Fetch = (request) => self.registry?.refusal(request) ?? fetch(request);
    const listening = await listen({ host: '127.0.0.1', port: 0, fetch: guarded });
    self.registry = new TestRegistry(guarded, listening);
    return self.registry;
  }

  /** A client that knows nothing yet. */
  client(user?: string, password?: string): SchemaRegistry {
    return new SchemaRegistry({ urls: this.url, user, password });
  }

  /** From now on only this user is served; undefined: everybody. */
  serveOnly(user: string | undefined, password = ''): void {
    this.#wanted = user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }

  refusal(request: Request): Response | undefined {
    if (this.#wanted === undefined || request.headers.get('authorization') === this.#wanted) return undefined;
    return Response.json({ error_code: 401, message: 'Unauthorized' }, { status: 401 });
  }

  async down(): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
    this.#listening = undefined;
  }

  /** On the same port as before. */
  async up(): Promise<void> {
    const { hostname: host, port } = new URL(this.url);
    this.#listening = await listen({ host, port: Number(port), fetch: this.#fetch });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

const FIELDS = [
  { name: 'orderId', type: 'string' },
  { name: 'customerId', type: 'string' },
  { name: 'amount', type: 'string' },
  { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
];

export const ORDER_SCHEMA = { type: 'record', name: 'Order', fields: FIELDS };

/** A compatible successor: other places for all fields, and two that nobody reads. */
export const ORDER_SCHEMA_2 = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'channel', type: ['null', 'string'], default: null },
    ...FIELDS.toReversed(),
    { name: 'note', type: 'string', default: '' },
  ],
};

/** Order `o<n>` as a producer with this schema writes it. */
export function avroOrder(schemaId: number, n: number, schema: object = ORDER_SCHEMA): Buffer {
  const order = { orderId: `o${n}`, customerId: `c${n % 9}`, amount: String(n), timestamp: Date.now() };
  return frameWriter(schemaId, parseSchema(schema))({ ...order, channel: 'web', note: 'fragile' });
}
