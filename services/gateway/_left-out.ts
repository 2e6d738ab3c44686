/** Late events and dead letters, as the runtime, a bridge and a sink leave them in their streams. */
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import type { Log } from '../../shared/log/log.ts';
import { dlqSubject, lateSubject } from '../../shared/log/names.ts';
import { REFUSED_HEADERS } from '../../shared/sink/refused-letters.ts';
import { NOON } from './_fixture.ts';

export interface LetterOver {
  readonly offset?: number;
  readonly value?: Uint8Array | string;
  readonly key?: Uint8Array | string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cutFrom?: number;
}

export async function putLetter(log: Log, topic: string, reason: string, over: LetterOver = {}): Promise<number> {
  const { offset = 4711, value = '{"amount":-12}', key = '42', headers = { trace: 'abc' }, cutFrom } = over;
  const names = DEAD_LETTER_HEADERS;
  const encoded = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, base64(text)]));
  const appended = await log.append(dlqSubject(topic, reason), value, {
    headers: {
      [names.topic]: topic,
      [names.partition]: '2',
      [names.offset]: String(offset),
      [names.timestamp]: String(NOON),
      ...(key !== null && { [names.key]: base64(key) }),
      [names.headers]: base64(JSON.stringify(encoded)),
      [names.reason]: 'Cannot use amount -12.00: it is below zero',
      ...(cutFrom !== undefined && { [names.truncated]: String(cutFrom) }),
    },
  });
  return appended.kind === 'stored' ? appended.seq : 0;
}

export async function putRefused(log: Log): Promise<number> {
  const names = REFUSED_HEADERS;
  const appended = await log.append(dlqSubject('sink-postgres.rfm', 'refused'), '{"segment":"VIP"}', {
    headers: {
      [names.sink]: 'sink-postgres',
      [names.bucket]: 'rfm',
      [names.key]: 'p07.customer.42',
      [names.revision]: '812',
      [names.timestamp]: String(NOON),
      [names.reason]: 'The column is too small',
    },
  });
  return appended.kind === 'stored' ? appended.seq : 0;
}

export async function putLate(log: Log, service: string, partition: string, events = 1): Promise<void> {
  const event = { id: '1007', key: '42', amount: 1250, t: NOON };
  const window = { start: NOON - 3_600_000, end: NOON };
  const line = JSON.stringify({ reason: 'behind the watermark', event, window, watermark: NOON });
  const lines = new Array<string>(events).fill(line).join('\n');
  await log.append(lateSubject(service, partition), lines, { headers: { 'Mesh-Commit': '17' } });
}

/** One or two of everything; the first letter can be put back. */
export async function fillLeftOut(log: Log): Promise<void> {
  await putLetter(log, 'orders', 'bad-amount');
  await putRefused(log);
  await putLetter(log, 'orders', 'malformed', { value: new Uint8Array([0xff, 0]), key: null });
  await putLate(log, 'sales', 'p07');
  await putLate(log, 'activity', 'all', 3);
}

function base64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('base64');
}
