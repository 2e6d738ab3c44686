/**
 * One mirrored Kafka partition: proves that its mirror and DLQ hold exactly its records, in order.
 *
 * Owns: what can be compared (retention on either side), and bringing records and messages together in step.
 * Does not own: the comparison (mirror-comparison.ts, letter-comparison.ts).
 */
import type { StoredMessage } from '../../shared/log/log.ts';
import { mirrorSubject, streamOf } from '../../shared/log/names.ts';
import { loadMirrorPosition } from '../mirror/mirror-position.ts';
import { mirrorOffset, mirrorRecord } from '../mirror/mirror-record.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { askedRange } from './asked-range.ts';
import { Findings, type NotCompared } from './findings.ts';
import type { OffsetRange } from '../../shared/kafka/kafka-reader.ts';
import type { Bounds } from './lane-comparison.ts';
import { LetterComparison } from './letter-comparison.ts';
import type { TopicLetters } from './letters-of-topic.ts';
import { MirrorComparison } from './mirror-comparison.ts';
import { counts, emptyReport, type PartitionReport } from './partition-report.ts';
import type { ReadBatch } from '../../shared/kafka/range-reading.ts';
import { readLogTo } from '../../shared/runtime/read-log-to.ts';
import type { VerifyContext } from './verify-context.ts';

export interface MirrorTask {
  readonly source: Source;
  readonly letters: TopicLetters;
  readonly range: OffsetRange;
  /** The mirror's last message. */
  readonly last?: StoredMessage | undefined;
}

interface Ground extends Bounds {
  readonly notCompared: readonly NotCompared[];
}

export async function verifyMirror(context: VerifyContext, task: MirrorTask): Promise<PartitionReport> {
  const findings = new Findings();
  const ground = await findGround(context, task, findings);
  if (ground.start > ground.end) return emptyReport(task.source, 'mirror', ground.notCompared, findings);
  return new MirrorRun(context, task, ground, findings).run();
}

class MirrorRun {
  readonly #context: VerifyContext;
  readonly #task: MirrorTask;
  readonly #ground: Ground;
  readonly #findings: Findings;
  readonly #letters: LetterComparison;
  readonly #mirror: MirrorComparison;
  readonly #kafka: AsyncGenerator<ReadBatch>;
  readonly #outcomes = { mirrored: 0, tombstone: 0 };
  #readTo: number;

  constructor(context: VerifyContext, task: MirrorTask, ground: Ground, findings: Findings) {
    const { source, letters } = task;
    const { start, end } = ground;
    this.#context = context;
    this.#task = task;
    this.#ground = ground;
    this.#findings = findings;
    this.#letters = new LetterComparison({
      ...{ source, findings, start, end },
      letters: letters.marks.get(source.partition) ?? new Map(),
      redriven: letters.redriven.get(source.partition) ?? new Map(),
      dlqFirstSeq: letters.firstSeq,
      dlqBefore: 0,
    });
    this.#mirror = new MirrorComparison({ ...{ source, start, end, findings }, letters: this.#letters });
    this.#kafka = context.reader.read(source, start, end);
    this.#readTo = start - 1;
  }

  async run(): Promise<PartitionReport> {
    const { source, last } = this.#task;
    const { log, signal } = this.#context;
    const subject = mirrorSubject(source.topic, source.partition);
    try {
      const messages = readLogTo(log, {
        stream: streamOf(subject),
        subjects: [subject],
        toSeq: last?.seq ?? 0,
        signal,
      });
      for await (const message of messages) {
        const offset = mirrorOffset(message);
        await this.#readUpTo(offset);
        this.#mirror.meet(offset, message.seq, () => mirrorRecord(message));
      }
      await this.#readUpTo(this.#ground.end + 1);
    } finally {
      await this.#kafka.return(undefined);
    }
    this.#mirror.finish();
    this.#letters.progress(this.#ground.end, 0);
    this.#letters.finish();
    return this.#report();
  }

  /** `due`: the offset of the next message. */
  async #readUpTo(due: number): Promise<void> {
    while (this.#readTo < Math.min(due, this.#ground.end)) {
      const { value: batch, done } = await this.#kafka.next();
      if (done) return;
      for (const record of batch.records) this.#expect(record, due);
      this.#readTo = batch.lastOffset;
      this.#context.onRecords(batch.records.length, this.#task.source, batch.lastOffset, this.#ground.end);
    }
  }

  /** Hot path: once a record. */
  #expect(record: KafkaRecord, due: number): void {
    this.#outcomes[record.value === null ? 'tombstone' : 'mirrored']++;
    this.#mirror.expect(record, due);
  }

  #report(): PartitionReport {
    const { start, end, notCompared } = this.#ground;
    const { mirrored, tombstone } = this.#outcomes;
    return {
      ...this.#task.source,
      kind: 'mirror',
      compared: { from: start, to: end },
      records: mirrored + tombstone,
      lines: this.#mirror.messages,
      frames: this.#mirror.messages,
      letters: this.#letters.compared,
      redriven: this.#letters.redriven,
      outcomes: counts({ ...this.#outcomes }),
      checksums: this.#mirror.checksums,
      findings: this.#findings.list,
      totals: this.#findings.totals,
      notCompared,
      cannotTell: counts({ 'dead letters that retention may have removed from DLQ': this.#letters.cut }),
    };
  }
}

async function findGround(context: VerifyContext, task: MirrorTask, findings: Findings): Promise<Ground> {
  const { source, range } = task;
  const { progress } = await loadMirrorPosition(context.log, source);
  const { from, end } = askedRange(context, range, progress, findings);
  const notCompared: NotCompared[] = [];
  if (range.low > from)
    notCompared.push({ from, to: Math.min(range.low - 1, end), why: 'Kafka no longer has them (retention)' });
  const start = Math.max(from, range.low);
  const kept = await oldestOffset(context, task);
  if (kept > start)
    notCompared.push({ from: start, to: Math.min(kept - 1, end), why: 'the mirror no longer has them (retention)' });
  return { start: Math.max(start, kept), end, notCompared: notCompared.filter((part) => part.from <= part.to) };
}

/** The offset from which the mirror has what it was given: 0, unless retention has removed its first messages. */
async function oldestOffset({ log, signal }: VerifyContext, { source, last }: MirrorTask): Promise<number> {
  const subject = mirrorSubject(source.topic, source.partition);
  const stream = streamOf(subject);
  const { firstSeq } = await log.state(stream);
  if (firstSeq <= 1) return 0;
  if (!last) return Number.POSITIVE_INFINITY;
  for await (const message of readLogTo(log, { stream, subjects: [subject], toSeq: last.seq, signal }))
    return mirrorOffset(message);
  return 0;
}
