/** What every Log must do; run on the memory twin and on JetStream. */
import { describe, expect, test } from 'vitest';
import type { ChainedMessage, Log, StoredMessage } from './log.ts';
import { bucketStream, keySubject, logStream, logSubject, mirrorSubject, streamOf } from './names.ts';

/** A log whose streams LOG_<service>, KV_<service> and MIRROR_<service>_k0 exist and are empty. */
export interface LogUnderTest {
  readonly log: Log;
  readonly service: string;
}

export function logContract(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`log contract: ${name}`, () => {
    test('append stores in order and last reads the newest of one subject', async () => {
      const { log, service } = await open();
      const p00 = logSubject(service, 'p00');
      const p01 = logSubject(service, 'p01');
      expect(await log.append(p00, 'a')).toEqual({ kind: 'stored', seq: 1 });
      expect(await log.append(p01, 'b')).toEqual({ kind: 'stored', seq: 2 });
      expect(await log.append(p00, 'c', { headers: { 'Mesh-Offsets': '3-4' } })).toEqual({ kind: 'stored', seq: 3 });
      const last = await log.last(logStream(service), p00);
      expect(last && text(last)).toBe('c');
      expect(last?.seq).toBe(3);
      expect(last?.header('Mesh-Offsets')).toBe('3-4');
      expect(last?.header('Absent')).toBeUndefined();
      expect(await log.last(logStream(service), logSubject(service, 'p02'))).toBeUndefined();
    });

    test('last from any replica is the same message, with its headers, or none', async () => {
      const { log, service } = await open();
      const [key, none] = [keySubject(service, 'p00.a=2Eb'), keySubject(service, 'p00.b')];
      await log.append(key, '1');
      await log.append(key, '', { headers: { 'KV-Operation': 'PURGE' } });
      const [any, leader] = await Promise.all([
        log.last(bucketStream(service), key, { anyReplica: true }),
        log.last(bucketStream(service), key),
      ]);
      const shown = (message: StoredMessage | undefined) =>
        message && [message.subject, message.seq, text(message), message.timeMs, message.header('KV-Operation')];
      expect(shown(any)).toEqual(shown(leader));
      expect(shown(any)?.slice(0, 2)).toEqual([key, 2]);
      await log.append(key, 'three');
      expect((await log.last(bucketStream(service), key, { anyReplica: true }))?.seq).toBe(3);
      expect(await log.last(bucketStream(service), none, { anyReplica: true })).toBeUndefined();
    });

    test('compare-and-set: of two appends with one expectation, one is stored and one conflicts', async () => {
      const { log, service } = await open();
      const subject = logSubject(service, 'p00');
      const both = await Promise.all([
        log.append(subject, 'mine', { expectedLast: 0 }),
        log.append(subject, 'theirs', { expectedLast: 0 }),
      ]);
      expect(both.map(({ kind }) => kind).sort()).toEqual(['conflict', 'stored']);
      expect((await log.append(subject, 'stale', { expectedLast: 0 })).kind).toBe('conflict');
      const last = await log.last(logStream(service), subject);
      expect((await log.append(subject, 'next', { expectedLast: last?.seq ?? -1 })).kind).toBe('stored');
    });

    test('a reader yields its subjects from a sequence on, in order, and then what is stored later', async () => {
      const { log, service } = await open();
      for (const [at, partition] of ['p00', 'p01', 'p00', 'p02', 'p01'].entries())
        await log.append(logSubject(service, partition), String(at));
      const stop = new AbortController();
      const subjects = [logSubject(service, 'p00'), logSubject(service, 'p01')];
      const seen: string[] = [];
      for await (const message of log.read({ stream: logStream(service), subjects, fromSeq: 2, signal: stop.signal })) {
        seen.push(`${message.seq}:${text(message)}:${message.pending}`);
        if (seen.length === 3) await log.append(logSubject(service, 'p00'), 'later');
        if (seen.length === 4) stop.abort();
      }
      expect(seen).toEqual(['2:1:2', '3:2:1', '5:4:0', '6:later:0']);
    });

    test('a reader to the end ends behind the last message of its subjects, at once where there is none', async () => {
      const { log, service } = await open();
      for (const partition of ['p00', 'p01', 'p00', 'p02']) await log.append(logSubject(service, partition), partition);
      const seqs = async (partition: string, fromSeq: number) => {
        const subjects = [logSubject(service, partition)];
        const { signal } = new AbortController();
        const read = log.read({ stream: logStream(service), subjects, fromSeq, toEnd: true, signal });
        return (await Array.fromAsync(read)).map(({ seq }) => seq);
      };
      expect(await seqs('p00', 1)).toEqual([1, 3]);
      expect(await seqs('p00', 2)).toEqual([3]);
      expect(await seqs('p00', 4)).toEqual([]);
      expect(await seqs('p03', 1)).toEqual([]);
      expect(await seqs('p02', 900)).toEqual([]);
    });

    test('a reader of last-per-subject yields one message a key, then changes', async () => {
      const { log, service } = await open();
      const put = (key: string, value: string) => log.append(keySubject(service, key), value);
      await put('p00.a', '1');
      await put('p00.b', '1');
      await put('p00.a', '2');
      await put('p01.a', 'other partition');
      const stop = new AbortController();
      const seen: string[] = [];
      const subjects = [keySubject(service, 'p00.>')];
      for await (const message of log.read({
        stream: bucketStream(service),
        subjects,
        lastPerSubject: true,
        signal: stop.signal,
      })) {
        seen.push(`${message.subject.split('.').at(-1)}=${text(message)}`);
        if (seen.length === 2) await put('p00.b', '3');
        if (seen.length === 3) stop.abort();
      }
      expect(seen).toEqual(['b=1', 'a=2', 'b=3']);
    });

    test('lastOfEach takes wildcards and answers nothing where nothing matches', async () => {
      const { log, service } = await open();
      await log.append(keySubject(service, 'p00.a'), '1');
      await log.append(keySubject(service, 'p00.a'), '2');
      await log.append(keySubject(service, 'p00.b'), '3');
      const found = await log.lastOfEach(bucketStream(service), [keySubject(service, 'p00.*')]);
      expect(found.map(text).sort()).toEqual(['2', '3']);
      expect(await log.lastOfEach(bucketStream(service), [keySubject(service, 'p09.*')])).toEqual([]);
    });

    test('a batch is a piece of the stream as it is: from a sequence on, so many messages or bytes, and then the end', async () => {
      const { log, service } = await open();
      const stream = bucketStream(service);
      for (const key of ['a', 'b', 'a', 'c', 'd']) await log.append(keySubject(service, `p00.${key}`), 'x'.repeat(500));
      const seqs = async (fromSeq: number, messages: number, bytes = 1_000_000) =>
        (await log.batch({ stream, fromSeq, messages, bytes })).map(({ seq }) => seq);
      expect(await seqs(1, 10)).toEqual([2, 3, 4, 5]);
      expect(await seqs(0, 2)).toEqual([2, 3]);
      expect(await seqs(4, 10)).toEqual([4, 5]);
      expect(await seqs(6, 10)).toEqual([]);
      expect(await seqs(2, 10, 1)).toEqual([2]);
      expect((await seqs(2, 10, 1_400)).length).toBeLessThan(4);
      const [first] = await log.batch({ stream, fromSeq: 3, messages: 1, bytes: 10 });
      expect([first?.subject, first && text(first)]).toEqual([keySubject(service, 'p00.a'), 'x'.repeat(500)]);
    });

    test('a batch of nothing is empty', async () => {
      const { log, service } = await open();
      expect(await log.batch({ stream: logStream(service), fromSeq: 1, messages: 5, bytes: 1_000 })).toEqual([]);
    });

    test('a key is put with a lifetime, and deleted by a marker with compare-and-set, rollup and lifetime', async () => {
      const { log, service } = await open();
      const key = keySubject(service, 'p00.a');
      const headers = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' };
      expect(await log.append(key, '1', { expectedLast: 0, ttlMs: 3_600_000 })).toEqual({ kind: 'stored', seq: 1 });
      const stale = await log.append(key, '', { expectedLast: 0, ttlMs: 60_000, headers });
      expect(stale).toEqual({ kind: 'conflict' });
      const deleted = await log.append(key, '', { expectedLast: 1, ttlMs: 60_000, headers });
      expect(deleted).toEqual({ kind: 'stored', seq: 2 });
      const last = await log.last(bucketStream(service), key);
      expect([last?.header('KV-Operation'), last?.payload.length]).toEqual(['PURGE', 0]);
      expect(await log.state(bucketStream(service))).toMatchObject({ firstSeq: 2, messages: 1 });
      expect(await log.append(key, '2', { expectedLast: 2 })).toEqual({ kind: 'stored', seq: 3 });
    });

    test('a chain is stored in order, the next one behind it while it is under way', async () => {
      const { log, service } = await open();
      const subject = mirrorSubject(service, 0);
      const first = log.appendChain(subject, { kind: 'seq', seq: 0 }, chain(1, 2, 3));
      const second = log.appendChain(subject, { kind: 'id', id: 'id.3' }, chain(4, 5));
      expect(await first).toEqual({ kind: 'stored', seq: 3 });
      expect(await second).toEqual({ kind: 'stored', seq: 5 });
      const stored = await readAll(log, subject, 5);
      expect(stored.map(text)).toEqual(['1', '2', '3', '4', '5']);
      expect(stored[2]?.header('Nats-Msg-Id')).toBe('id.3');
      const own = [...(stored[2]?.headers() ?? [])].filter(([name]) => !name.startsWith('Nats-'));
      expect(own).toEqual([
        ['Number', ['3']],
        ['Twice', ['a', 'b: c']],
      ]);
    });

    test('a chain behind anything but the last message stores nothing', async () => {
      const { log, service } = await open();
      const subject = mirrorSubject(service, 0);
      await log.appendChain(subject, { kind: 'seq', seq: 0 }, chain(1, 2));
      const starts = [
        { kind: 'seq', seq: 0 } as const,
        { kind: 'seq', seq: 1 } as const,
        { kind: 'id', id: 'id.1' } as const,
      ];
      for (const after of starts)
        expect(await log.appendChain(subject, after, chain(3, 4))).toEqual({ kind: 'conflict' });
      expect(await log.appendChain(subject, { kind: 'seq', seq: 2 }, chain(3))).toEqual({ kind: 'stored', seq: 3 });
    });

    test('a chain sent again is a conflict, also at once, and stores nothing', async () => {
      const { log, service } = await open();
      const subject = mirrorSubject(service, 0);
      await log.appendChain(subject, { kind: 'seq', seq: 0 }, chain(1, 2));
      expect(await log.appendChain(subject, { kind: 'seq', seq: 0 }, chain(1, 2))).toEqual({ kind: 'conflict' });
      expect(await log.appendChain(subject, { kind: 'seq', seq: 1 }, chain(2))).toEqual({ kind: 'conflict' });
      expect((await readAll(log, subject, 2)).map(text)).toEqual(['1', '2']);
    });

    test('two chains over the same messages leave each once, in order, however they meet', async () => {
      const { log, service } = await open();
      const subject = mirrorSubject(service, 0);
      const all = chain(1, 2, 3, 4, 5, 6);
      await log.appendChain(subject, { kind: 'seq', seq: 0 }, all.slice(0, 2));
      await Promise.all([
        log.appendChain(subject, { kind: 'seq', seq: 0 }, all.slice(0, 4)),
        log.appendChain(subject, { kind: 'seq', seq: 2 }, all.slice(2, 5)),
        log.appendChain(subject, { kind: 'id', id: 'id.2' }, all.slice(2)),
      ]);
      expect((await readAll(log, subject, 6)).map(text)).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    test('purge deletes a subject below a sequence and nothing else', async () => {
      const { log, service } = await open();
      for (const value of ['1', '2', '3']) await log.append(logSubject(service, 'p00'), value);
      await log.append(logSubject(service, 'p01'), '4');
      await log.purge(logStream(service), logSubject(service, 'p00'), 3);
      expect(await log.state(logStream(service))).toMatchObject({ firstSeq: 3, lastSeq: 4, messages: 2 });
    });

    test('a stream keeps the time at which it was made', async () => {
      const { log, service } = await open();
      const { createdMs } = await log.state(logStream(service));
      await log.append(logSubject(service, 'p00'), 'x');
      expect(await log.state(logStream(service))).toMatchObject({ createdMs, lastSeq: 1 });
      expect(createdMs).toBeGreaterThanOrEqual(0);
    });

    test('a payload over the limit is refused with its size and what to do', async () => {
      const { log, service } = await open();
      const tooLarge = 'x'.repeat(log.maxPayload + 1);
      await expect(log.append(logSubject(service, 'p00'), tooLarge)).rejects.toMatchObject({ code: 'log-refused' });
      expect(await log.last(logStream(service), logSubject(service, 'p00'))).toBeUndefined();
    });

    test('an aborted reader ends', async () => {
      const { log, service } = await open();
      const stop = new AbortController();
      const reading = Array.fromAsync(
        log.read({ stream: logStream(service), subjects: [logSubject(service, 'p00')], signal: stop.signal }),
      );
      stop.abort();
      expect(await reading).toEqual([]);
    });
  });
}

function chain(...numbers: number[]): ChainedMessage[] {
  return numbers.map((n) => ({
    id: `id.${n}`,
    payload: new TextEncoder().encode(String(n)),
    head: `Number: ${n}\r\nTwice: a\r\nTwice: b: c\r\n`,
  }));
}

async function readAll(log: Log, subject: string, count: number): Promise<StoredMessage[]> {
  const stop = new AbortController();
  const messages: StoredMessage[] = [];
  for await (const message of log.read({ stream: streamOf(subject), subjects: [subject], signal: stop.signal })) {
    messages.push(message);
    if (messages.length === count) stop.abort();
  }
  expect((await log.state(streamOf(subject))).messages).toBe(count);
  return messages;
}

function text(message: StoredMessage): string {
  return new TextDecoder().decode(message.payload);
}
