/**
 * `redrive`: puts dead letters back to where they came from in Kafka, once, and takes them out of DLQ.
 *
 * Owns: which letters, and the order of steps. Does not own: whether a letter can be put back (letter-judge.ts), sending
 * (redrive-sender.ts), what an interrupted redrive has left (settle-batch.ts), words (bridge/cli/redrive-text.ts).
 *
 * Invariants (tested in bridge/cli/redrive.int.test.ts and redrive.fault.test.ts):
 * 1. A letter's record is in Kafka again once, whatever is killed when: what is about to be sent is noted before, and a
 *    note that is found is settled by what Kafka has before anything else is sent.
 * 2. A letter leaves DLQ only when its record is in Kafka.
 * 3. Two redrives at once: one of them refuses.
 */
import type { Admin, Kafka } from 'kafkajs';
import type { Log, StoredMessage } from '../log/log.ts';
import { DLQ } from '../log/names.ts';
import type { Source } from '../kafka/source.ts';
import { type LetterJudge, type Outlook, redrivenRecord } from './letter-judge.ts';
import { whyNoRecord } from '../sink/refused-letters.ts';
import { readLogTo } from '../runtime/read-log-to.ts';
import { type NotedBatch, type NotedLetter, type NoteTimes, RedriveNote } from './redrive-note.ts';
import { BatchRefusedError, type Outgoing, RedriveSender } from './redrive-sender.ts';
import { finishLetters, type SettleContext, settleBatch } from './settle-batch.ts';
import { readLetter, type StoredLetter } from './stored-letter.ts';

export interface LetterChoice {
  /** Subject of DLQ, wildcards allowed. */
  readonly filter: string;
  /** Sequences in DLQ. */
  readonly seqs?: readonly number[] | undefined;
  /** Stored since then. */
  readonly sinceMs?: number | undefined;
  /** At most so many are put back. */
  readonly limit?: number | undefined;
}

export interface RedriveOptions extends LetterChoice, SettleContext {
  readonly kafka: Kafka;
  readonly log: Log;
  readonly judge: LetterJudge;
  /** Another topic than the one they came from. */
  readonly toTopic?: string | undefined;
  readonly dryRun?: boolean;
  /** Also those that would fail again. */
  readonly force?: boolean;
  /** Of this mesh on this Kafka. */
  readonly transactionalId: string;
  /** Names this process to another redrive. */
  readonly owner: string;
  readonly times?: NoteTimes;
  /** For tests: called when a batch is noted, sent, committed. */
  onStep?(step: 'noted' | 'sent' | 'committed'): Promise<void>;
}

export interface RedriveResult {
  readonly seq: number;
  readonly subject: string;
  /** Where it was first; undefined: it is no letter of a bridge. */
  readonly from?: Source & { readonly offset: number };
  readonly to?: Source;
  /** `settled`: an interrupted redrive had sent it, and this one has finished it. */
  readonly status: 'sent' | 'would-send' | 'kept' | 'settled';
  /** Why it is kept. */
  readonly why?: string;
  readonly outlook?: Outlook;
}

/** A letter that will be sent. */
interface Ready {
  readonly letter: StoredLetter;
  readonly outgoing: Outgoing;
  readonly result: RedriveResult;
}

/** Less than the megabyte that brokers take at once. */
const BATCH_BYTES = 512 * 1024;
const BATCH_LETTERS = 200;

export async function redrive(options: RedriveOptions): Promise<RedriveResult[]> {
  const admin = options.kafka.admin();
  await admin.connect();
  try {
    const plan = new Plan(options, admin);
    if (options.dryRun) return await Array.fromAsync(plan.letters(), ({ result }) => result);
    await using note = await RedriveNote.take(options.log, options.owner, options.signal, options.times);
    await using sender = await RedriveSender.open(options.kafka, options.transactionalId);
    const results = note.batch ? await settle(options, note, note.batch) : [];
    results.push(...(await new Run(options, admin, note, sender).send(plan.letters())));
    return results.sort((a, b) => a.seq - b.seq);
  } finally {
    await admin.disconnect();
  }
}

/** Forgets what an interrupted redrive has noted: its letters stay in DLQ. undefined: there is nothing to forget. */
export async function abandonRedrive(
  options: Pick<RedriveOptions, 'log' | 'owner' | 'signal' | 'times'>,
): Promise<NotedBatch | undefined> {
  await using note = await RedriveNote.take(options.log, options.owner, options.signal, options.times);
  const { batch } = note;
  if (batch) await note.clear();
  return batch;
}

async function settle(options: RedriveOptions, note: RedriveNote, batch: NotedBatch): Promise<RedriveResult[]> {
  const sent = await settleBatch(options, batch);
  await note.clear();
  return sent.map(({ seq, topic, partition, offset }) => ({
    seq,
    subject: '',
    from: { topic, partition, offset },
    status: 'settled',
  }));
}

/** Which letters are put back where. Reads only. */
class Plan {
  readonly #options: RedriveOptions;
  readonly #admin: Admin;
  readonly #partitions = new Map<string, number>();

  constructor(options: RedriveOptions, admin: Admin) {
    this.#options = options;
    this.#admin = admin;
  }

  /** In the order of DLQ. Without `ready`: kept. */
  async *letters(): AsyncGenerator<{ readonly result: RedriveResult; readonly ready?: Ready }> {
    const { log, filter, seqs, sinceMs = 0, limit = Number.POSITIVE_INFINITY, signal } = this.#options;
    const lasts = await log.lastOfEach(DLQ, [filter]);
    const toSeq = lasts.reduce((max, { seq }) => Math.max(max, seq), 0);
    let left = limit;
    const range = { fromSeq: Math.min(...(seqs ?? [1])), toSeq: Math.min(toSeq, ...(seqs ? [Math.max(...seqs)] : [])) };
    for await (const message of readLogTo(log, { stream: DLQ, subjects: [filter], ...range, signal })) {
      if (message.timeMs < sinceMs || (seqs && !seqs.includes(message.seq))) continue;
      const planned = await this.#plan(message);
      yield planned;
      if (planned.result.status !== 'kept') left--;
      if (left <= 0) return;
    }
  }

  async #plan(message: StoredMessage): Promise<{ readonly result: RedriveResult; readonly ready?: Ready }> {
    const { seq, subject } = message;
    const letter = readLetter(message);
    if (!letter) return { result: { seq, subject, status: 'kept', why: whyNoRecord(message) } };
    const { source, record } = letter;
    const from = { ...source, offset: record.offset };
    const topic = this.#options.toTopic ?? source.topic;
    const count = await this.#partitionsOf(topic);
    const kept = (why: string): { result: RedriveResult } => ({ result: { seq, subject, from, status: 'kept', why } });
    if (count === 0) return kept(`Kafka has no topic "${topic}"`);
    if (source.partition >= count && this.#options.toTopic === undefined)
      return kept(`topic "${topic}" has no partition ${source.partition} any more`);
    const target = { topic, partition: source.partition % count };
    const outgoing = { target, record: redrivenRecord(letter) };
    const verdict = await this.#options.judge.judge(letter, outgoing.record, target);
    if (verdict.kind === 'never') return kept(verdict.why);
    if (verdict.kind === 'again' && !this.#options.force) return kept(`${verdict.why} (--force sends it anyway)`);
    const status = this.#options.dryRun ? 'would-send' : 'sent';
    const outlook = verdict.kind === 'good' ? { outlook: verdict.outlook } : { why: verdict.why };
    const result: RedriveResult = { seq, subject, from, to: target, status, ...outlook };
    return { result, ready: { letter, outgoing, result } };
  }

  /** 0: there is no such topic. */
  async #partitionsOf(topic: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    const isThere = (await this.#admin.listTopics()).includes(topic);
    const count = isThere ? (await this.#admin.fetchTopicOffsets(topic)).length : 0;
    this.#partitions.set(topic, count);
    return count;
  }
}

/** Sends what is ready, batch by batch. */
class Run {
  readonly #options: RedriveOptions;
  readonly #admin: Admin;
  readonly #note: RedriveNote;
  readonly #sender: RedriveSender;
  readonly #results: RedriveResult[] = [];

  constructor(options: RedriveOptions, admin: Admin, note: RedriveNote, sender: RedriveSender) {
    this.#options = options;
    this.#admin = admin;
    this.#note = note;
    this.#sender = sender;
  }

  async send(letters: ReturnType<Plan['letters']>): Promise<RedriveResult[]> {
    let batch: Ready[] = [];
    let bytes = 0;
    for await (const { result, ready } of letters) {
      if (!ready) {
        this.#results.push(result);
        continue;
      }
      const size = ready.outgoing.record.value?.length ?? 0;
      if (batch.length >= BATCH_LETTERS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
        await this.#sendBatch(batch);
        batch = [];
        bytes = 0;
      }
      batch.push(ready);
      bytes += size;
    }
    if (batch.length > 0) await this.#sendBatch(batch);
    return this.#results;
  }

  /** One after the other when the broker refuses them together. */
  async #sendBatch(batch: readonly Ready[]): Promise<void> {
    this.#options.signal.throwIfAborted();
    try {
      await this.#sendNoted(batch);
      this.#results.push(...batch.map(({ result }) => result));
    } catch (error) {
      if (!(error instanceof BatchRefusedError)) throw error;
      await this.#note.clear();
      const [one] = batch;
      if (batch.length > 1) for (const ready of batch) await this.#sendBatch([ready]);
      else if (one) this.#results.push({ ...one.result, status: 'kept', why: `Kafka refused it: ${error.message}` });
    }
  }

  async #sendNoted(batch: readonly Ready[]): Promise<void> {
    const { onStep } = this.#options;
    const letters = batch.map(
      ({ letter: { seq, source, record, isRetracted } }): NotedLetter => ({
        seq,
        ...source,
        offset: record.offset,
        isRetracted,
      }),
    );
    await this.#note.begin({ letters, ends: await this.#ends(batch) });
    await onStep?.('noted');
    await this.#sender.send(
      batch.map(({ outgoing }) => outgoing),
      onStep && (() => onStep('sent')),
    );
    await onStep?.('committed');
    await finishLetters(this.#options, letters);
    await this.#note.clear();
  }

  async #ends(batch: readonly Ready[]): Promise<NotedBatch['ends']> {
    const targets = Map.groupBy(
      batch.map(({ outgoing }) => outgoing.target),
      ({ topic }) => topic,
    );
    const ends: { topic: string; partition: number; end: number }[] = [];
    for (const [topic, some] of targets) {
      const wanted = new Set(some.map(({ partition }) => partition));
      for (const { partition, high } of await this.#admin.fetchTopicOffsets(topic))
        if (wanted.has(partition)) ends.push({ topic, partition, end: Number(high) });
    }
    return ends;
  }
}
