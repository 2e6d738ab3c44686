import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestNats, type TestNats } from '../testing/servers.ts';
import { connectLog, type JetStreamLog } from './jetstream-log.ts';
import { logContract } from './log.contract.ts';
import { bucketStream, keySubject, logStream, logSubject, MESH } from './names.ts';
import { provisionMesh, provisionMirror, provisionService } from './provision.ts';

let nats: TestNats;
let log: JetStreamLog;
let services = 0;

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'log-contract', ackTimeoutMs: 2_000 });
});
afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

async function freshService(): Promise<string> {
  const service = `contract-${++services}`;
  while (!(await isAnswering())); // a test before may have killed the server
  await provisionService(log, service);
  await provisionMirror(log, service, 0);
  return service;
}

logContract('jetstream', async () => ({ log, service: await freshService() }));

describe('jetstream log', () => {
  test('provisioning twice, from several processes at once, changes nothing', async () => {
    await Promise.all([provisionMesh(log), provisionMesh(log)]);
    await provisionMesh(log);
    expect((await log.state(bucketStream(MESH))).messages).toBe(1);
  });

  test('asking for the last of many keys, again and again, leaves no subscription behind', async () => {
    const service = await freshService();
    await log.append(keySubject(service, 'p00.a'), '1');
    const before = await subscriptions();
    for (let round = 0; round < 20; round++) {
      expect(await log.lastOfEach(bucketStream(service), [keySubject(service, 'p00.*')])).toHaveLength(1);
      expect(await log.lastOfEach(bucketStream(service), [keySubject(service, 'p01.*')])).toHaveLength(0);
    }
    expect(await subscriptions()).toBe(before);
  });

  test('asking a stream that is not there is unavailable: it looks like one without a leader', async () => {
    const asking = log.lastOfEach(bucketStream('nobody'), [keySubject('nobody', '*')]);
    await expect(asking).rejects.toMatchObject({ code: 'log-unavailable' });
  });

  test('a read from any replica of a stream that allows none is answered by the leader, who also knows that there is none', async () => {
    const service = await freshService();
    const key = keySubject(service, 'p00.a');
    await log.append(key, '1');
    const stream = bucketStream(service);
    await log.manager.streams.update(stream, { allow_direct: false });
    expect((await log.last(stream, key, { anyReplica: true }))?.seq).toBe(1);
    const nobody = log.last(bucketStream('nobody'), keySubject('nobody', 'a'), { anyReplica: true });
    await expect(nobody).rejects.toMatchObject({ name: 'StreamNotFoundError' });
  });

  test('an append to a subject without a stream is unavailable, not silent', async () => {
    await expect(log.append('log.nobody.p00', 'x')).rejects.toMatchObject({ code: 'log-unavailable' });
  });

  test('what was under way when the server was killed is settled when it is back, long before its time-out', async () => {
    const service = await freshService();
    const subject = logSubject(service, 'p00');
    const patient = await connectLog({ servers: nats.url, name: 'patient', ackTimeoutMs: 3_600_000 });
    await patient.append(subject, 'before');
    process.kill(nats.pid, 'SIGSTOP'); // so that no answer leaves it
    const read = () => patient.last(logStream(service), subject, { anyReplica: true }).catch((error: unknown) => error);
    const [append, asked] = [patient.append(subject, 'unknown').catch((error: unknown) => error), read()];
    await nats.kill9();
    await until(() => !patient.isConnected);
    const whileAway = patient.append(subject, 'dropped').catch((error: unknown) => error);
    const askedAway = read();
    await nats.restart();
    expect(await append).toMatchObject({ code: 'log-unavailable' });
    expect(await whileAway).toMatchObject({ code: 'log-unavailable' });
    for (const answer of [asked, askedAway]) expect(await answer).toMatchObject({ code: 'log-unavailable' });
    expect((await patient.append(subject, 'after')).kind).toBe('stored');
    await patient[Symbol.asyncDispose]();
  }, 60_000);

  test('a reader goes on after the server was killed and restarted, without a gap or a double', async () => {
    const service = await freshService();
    const subject = logSubject(service, 'p00');
    const stop = new AbortController();
    const seen: number[] = [];
    for (let value = 1; value <= 5; value++) await log.append(subject, String(value));
    for await (const message of log.read({ stream: logStream(service), subjects: [subject], signal: stop.signal })) {
      seen.push(message.seq);
      if (seen.length === 5) {
        await nats.kill9();
        await nats.restart();
        for (let value = 6; value <= 10; value++) await appendWhenBack(subject, String(value));
      }
      if (seen.length === 10) stop.abort();
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }, 60_000);
});

async function isAnswering(): Promise<boolean> {
  try {
    await log.manager.getAccountInfo();
    return true;
  } catch {
    return false; // the request was lost with the server: it took its time-out
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** As the server counts them, over all its connections. */
async function subscriptions(): Promise<number> {
  await log.connection.flush();
  const response = await fetch(`${nats.monitorUrl}/subsz`);
  return ((await response.json()) as { num_subscriptions: number }).num_subscriptions;
}

async function appendWhenBack(subject: string, value: string): Promise<void> {
  for (;;) {
    const last = (await log.last(logStream(subject.split('.')[1] ?? ''), subject).catch(() => undefined))?.seq;
    if (last === undefined) continue;
    try {
      if ((await log.append(subject, value, { expectedLast: last })).kind === 'stored') return;
    } catch {
      // away: look again
    }
  }
}
