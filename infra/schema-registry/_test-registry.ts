/** For tests: a registry on a log in memory, spoken to as clients do it. */
import type { Hono } from 'hono';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import type { Log } from '../../shared/log/log.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { createApp } from './app.ts';
import { ChangeLog } from './change-log.ts';
import { Registry } from './registry.ts';

export interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

export type Ask = (method: string, path: string, body?: unknown, contentType?: string) => Promise<Reply>;

export async function testRegistry(log: Log = new MemoryLog().client(), connected = () => true): Promise<Ask> {
  const changes = await ChangeLog.open({ log, connected });
  return asker(createApp(new Registry(changes), createLogger('test', 'error')));
}

function asker(app: Hono): Ask {
  return async (method, path, body, contentType = 'application/vnd.schemaregistry.v1+json') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await app.request(path, {
      method,
      ...(text === undefined ? {} : { body: text, headers: { 'content-type': contentType } }),
    });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
  };
}

/** The body of a registration. */
export function avro(schema: unknown, more: object = {}): { schema: string } {
  return { schema: JSON.stringify(schema), ...more };
}

/** A record `Row` with these fields, and defaults where `name=default`. */
export function row(...fields: readonly string[]): object {
  return {
    type: 'record',
    name: 'Row',
    fields: fields.map((field) => {
      const [, name = '', type = '', value] = /^(\w+):(\w+)(?:=(.*))?$/.exec(field) ?? [];
      return { name, type, ...(value === undefined ? {} : { default: JSON.parse(value) }) };
    }),
  };
}
