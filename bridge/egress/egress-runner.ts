/**
 * Sends the results of one service to Kafka for as long as it is owned here: sessions, one after the other.
 *
 * Owns the loops (reading, sending) and their pace. Does not own the right to run (ownership.ts), nor what Kafka has:
 * each session asks Kafka (egress-session.ts).
 *
 *   start ─▶ session ─▶ read the log behind the position ─▶ transactions ─┬─ any doubt: a new session, after a rest
 *                                                                        └─ fenced: over; the lease decides
 * Invariants (egress.fault.test.ts):
 * 1. Each result is committed to Kafka once, in the order of its log, through any end of this process.
 * 2. Nothing is given up: what Kafka does not take waits, and says why.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import { type Log, LogUnavailableError } from '../../shared/log/log.ts';
import { logStream, logSubject } from '../../shared/log/names.ts';
import { holdDownstream } from '../../shared/runtime/downstream-hold.ts';
import type { OwnedPartition } from '../../shared/runtime/ownership.ts';
import type { RunnerEnd } from '../../shared/runtime/partition-runner.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { readFrame } from './egress-frame.ts';
import { EgressSession } from './egress-session.ts';
import type { EgressStatus } from './egress-status.ts';
import { classifyKafkaError } from './kafka-failure.ts';
import { Outbox } from './outbox.ts';
import type { EgressSettings } from './settings.ts';

export interface EgressOptions {
  readonly log: Log;
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly settings: EgressSettings;
  /** Names the mesh at Kafka. */
  readonly group: string;
  readonly service: string;
  /** Told of each transaction. */
  readonly onCommit?: (service: string, results: number, seconds: number) => void;
  /** For tests. */
  readonly beforeCommit?: () => Promise<void>;
}

/** A position without results is told at most this often, ms; and then it is looked whether the log is still the same. */
const IDLE_MS = 5_000;
const HOLD_EVERY_MS = 1_000;
/** Renewed when nothing moves. */
const HOLD_AGAIN_MS = 600_000;
const MIN_REST_MS = 250;
const MAX_REST_MS = 5_000;
/** How long a stop waits for Kafka. */
const GRACE_MS = 8_000;
const READER = 'egress';

export class EgressRunner implements OwnedPartition {
  readonly #options: EgressOptions;
  readonly #ended = Promise.withResolvers<RunnerEnd>();
  readonly #stop = new AbortController();
  #state: EgressStatus['state'] = 'starting';
  #position = 0;
  #lag = { entries: 0, seconds: 0 };
  #waiting = 0;
  #sent = 0;
  #transactions = 0;
  #restarts = 0;
  #missed = 0;
  #alarm: string | undefined;
  #gap: string | undefined;
  #movedAt = performance.now();
  #hold = { seq: -1, at: Number.NEGATIVE_INFINITY };

  constructor(options: EgressOptions) {
    this.#options = options;
  }

  get ended(): Promise<RunnerEnd> {
    return this.#ended.promise;
  }

  /** At once: what it needs may come later. */
  start(): Promise<void> {
    void this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const grace = new AbortController();
    await Promise.race([this.ended, sleep(GRACE_MS, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    this.#ended.resolve({ kind: 'stopped' }); // a transaction that hangs is for the next owner to end
    await this.ended;
  }

  status(): EgressStatus {
    const { service, settings } = this.#options;
    const stalledMs = this.#lag.entries > 0 || this.#waiting > 0 ? performance.now() - this.#movedAt : 0;
    const stalled = stalledMs > settings.stallMs ? `nothing was sent for ${Math.round(stalledMs / 1000)} s` : undefined;
    const alarm = [this.#alarm ?? stalled, this.#gap].filter((text) => text !== undefined).join('; ');
    return {
      service,
      state: this.#state,
      position: this.#position,
      lagEntries: this.#lag.entries,
      lagSeconds: this.#lag.seconds,
      waiting: this.#waiting,
      sent: this.#sent,
      transactions: this.#transactions,
      restarts: this.#restarts,
      missed: this.#missed,
      ...(alarm ? { alarm: `Egress of ${service}: ${alarm}` } : {}),
      isReady: this.#alarm === undefined && stalled === undefined,
    };
  }

  async #run(): Promise<void> {
    let rest = MIN_REST_MS;
    try {
      while (!this.#stop.signal.aborted) {
        const before = this.#transactions;
        const failure = await this.#session().then(
          () => undefined,
          (error: unknown) => ({ error }),
        );
        if (!failure || this.#stop.signal.aborted) break;
        if (!this.#isPassing(failure.error)) return;
        if (this.#transactions > before) rest = MIN_REST_MS;
        await sleep(rest * (0.5 + Math.random() / 2), undefined, { signal: this.#stop.signal }).catch(() => {});
        rest = Math.min(MAX_REST_MS, rest * 2);
      }
      this.#ended.resolve({ kind: 'stopped' });
    } catch (error) {
      this.#ended.resolve({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  /** False: it is over, and `ended` says how. */
  #isPassing(error: unknown): boolean {
    const kind = error instanceof LogUnavailableError ? 'passing' : classifyKafkaError(error);
    if (kind === 'fenced') this.#ended.resolve({ kind: 'fenced' });
    if (kind === 'fault')
      this.#ended.resolve({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    if (kind !== 'passing') return false;
    this.#state = 'starting';
    this.#restarts++;
    this.#alarm = explainKafkaError(error);
    this.#options.logger.warn(`Egress of ${this.#options.service} starts over from what Kafka has`, { error });
    return true;
  }

  async #session(): Promise<void> {
    const { kafka, group, service, settings, log, beforeCommit } = this.#options;
    const { createdMs: life, firstSeq } = await log.state(logStream(service));
    const { signal } = this.#stop;
    await using session = await EgressSession.open({
      ...{ kafka, group, service, life, signal, beforeCommit },
      topics: settings.topics,
    });
    const { seq = 0, seen = {} } = session.position ?? {};
    this.#position = seq;
    this.#checkGap(seq, firstSeq);
    await this.#holdLog(seq);
    const outbox = new Outbox(session.sent, seen);
    const over = new AbortController();
    const end = () => {
      over.abort();
      outbox.wake();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    this.#state = 'running';
    this.#alarm = undefined;
    const reading = this.#read(outbox, seq + 1, over.signal).finally(end);
    const sending = this.#send(session, outbox, life, over.signal).finally(end);
    try {
      await Promise.all([reading, sending]);
    } finally {
      await Promise.allSettled([reading, sending]);
      signal.removeEventListener('abort', end);
    }
  }

  async #read(outbox: Outbox, fromSeq: number, signal: AbortSignal): Promise<void> {
    const { log, service } = this.#options;
    const subjects = [logSubject(service, '*')];
    for await (const message of log.read({ stream: logStream(service), subjects, fromSeq, signal })) {
      const missed = outbox.add(readFrame(service, message));
      if (missed > 0) this.#tellMissed(missed, message.subject, message.seq);
      this.#waiting = outbox.size;
      this.#lag = { entries: message.pending, seconds: message.pending ? (Date.now() - message.timeMs) / 1000 : 0 };
      while (outbox.isFull && !signal.aborted) await outbox.room();
    }
  }

  async #send(session: EgressSession, outbox: Outbox, life: number, signal: AbortSignal): Promise<void> {
    let looked = performance.now();
    while (!signal.aborted || (this.#stop.signal.aborted && outbox.hasResults)) {
      if (!outbox.hasResults) await outbox.dueWithin(IDLE_MS);
      const isTime = performance.now() - looked >= IDLE_MS - 100;
      if (isTime) {
        looked = performance.now();
        await this.#checkLife(life);
      }
      if (outbox.hasResults || (isTime && outbox.isMoved)) await this.#sendOnce(session, outbox);
      await this.#holdLog(this.#position);
    }
  }

  async #sendOnce(session: EgressSession, outbox: Outbox): Promise<void> {
    const { service, onCommit } = this.#options;
    const started = performance.now();
    const waiting = outbox.take();
    await session.send(waiting);
    this.#position = waiting.seq;
    this.#waiting = outbox.size;
    this.#sent += waiting.results.length;
    this.#transactions++;
    this.#movedAt = performance.now();
    onCommit?.(service, waiting.results.length, (this.#movedAt - started) / 1000);
  }

  /** Commits behind are not purged. Not told: they stay a little longer. */
  async #holdLog(seq: number): Promise<void> {
    const { log, service, settings } = this.#options;
    const age = performance.now() - this.#hold.at;
    if (seq === this.#hold.seq ? age < HOLD_AGAIN_MS : age < HOLD_EVERY_MS) return;
    this.#hold = { seq, at: performance.now() };
    try {
      await holdDownstream(log, service, READER, { seq, lifetimeMs: settings.holdMs });
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
  }

  async #checkLife(life: number): Promise<void> {
    const { log, service } = this.#options;
    const { createdMs } = await log.state(logStream(service));
    if (createdMs !== life)
      throw new LogUnavailableError(`Cannot go on reading ${logStream(service)}: it was made anew`);
  }

  #checkGap(seq: number, firstSeq: number): void {
    if (seq === 0 || firstSeq <= seq + 1) return;
    const stream = logStream(this.#options.service);
    this.#gap = `results were deleted before they were sent: ${stream} begins at ${firstSeq}, sent is up to ${seq}`;
    this.#options.logger.error(`Egress: ${this.#gap}; raise WEIR_EGRESS_HOLD_DAYS`);
  }

  #tellMissed(missed: number, subject: string, seq: number): void {
    this.#missed += missed;
    this.#gap = `${this.#missed} commits were deleted before they were sent, the last before ${seq} of "${subject}"`;
    this.#options.logger.error(`Egress: ${this.#gap}; raise WEIR_EGRESS_HOLD_DAYS`);
  }
}
