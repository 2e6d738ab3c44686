import type { MeshEvent } from '../../shared/events/event.ts';
import type { Progress } from '../../shared/log/frame.ts';
import { OFFSETS_HEADER, type StoredMessage } from '../../shared/log/log.ts';
import { dataSubject, EVENTS } from '../../shared/log/names.ts';
import { type Decoded, NOTHING } from '../decode/decoded.ts';
import { recordDecoder } from '../decode/decoder.ts';
import { ReplayFilter } from '../decode/replay-filter.ts';
import { parseProgress } from '../partition/position.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { compareMark } from '../record/record-mark.ts';
import { isRedriven } from '../../shared/dead-letters/redrive-headers.ts';
import { DecodeAgain, prepareRecords } from './decode-again.ts';
import { EventsComparison } from './events-comparison.ts';
import { type EventsGround, findEventsGround } from './events-ground.ts';
import { Findings } from './findings.ts';
import { LetterComparison } from './letter-comparison.ts';
import { counts, emptyReport, type PartitionReport } from './partition-report.ts';
import type { ReadBatch } from '../../shared/kafka/range-reading.ts';
import { readLogTo } from '../../shared/runtime/read-log-to.ts';
import type { EventsTask, VerifyContext } from './verify-context.ts';

export async function verifyEvents(context: VerifyContext, task: EventsTask): Promise<PartitionReport> {
  const findings = new Findings();
  const progress = parseProgress(task.last);
  const ground = await findEventsGround(context, task, progress, findings);
  if (ground.start > ground.end) return emptyReport(task.source, 'events', ground.notCompared, findings);
  return new EventsRun(context, task, ground, progress, findings).run();
}

class EventsRun {
  readonly #context: VerifyContext;
  readonly #task: EventsTask;
  readonly #ground: EventsGround;
  readonly #progress: Progress;
  readonly #findings: Findings;
  readonly #letters: LetterComparison;
  readonly #events: EventsComparison;
  readonly #decoder: DecodeAgain;
  readonly #replays: ReplayFilter;
  readonly #kafka: AsyncGenerator<ReadBatch>;
  readonly #prepare: (records: readonly KafkaRecord[]) => Promise<void>;
  readonly #outcomes: Record<string, number> = {};
  #decodedTo: number;
  #records = 0;

  constructor(context: VerifyContext, task: EventsTask, ground: EventsGround, progress: Progress, findings: Findings) {
    const { source, route, letters } = task;
    const { start, end, isCut } = ground;
    this.#context = context;
    this.#task = task;
    this.#ground = ground;
    this.#progress = progress;
    this.#findings = findings;
    this.#events = new EventsComparison({ start, end, isCut, findings });
    this.#letters = new LetterComparison({
      ...{ source, findings, start, end },
      letters: letters.marks.get(source.partition) ?? new Map(),
      redriven: letters.redriven.get(source.partition) ?? new Map(),
      dlqFirstSeq: letters.firstSeq,
      dlqBefore: ground.dlqBefore,
    });
    const decoder = recordDecoder(route, source.topic, { partition: source.partition, registry: context.registry });
    this.#prepare = (records) => prepareRecords(decoder, records, context.signal);
    this.#decoder = new DecodeAgain(decoder, (offset) => this.#letters.of(offset));
    this.#replays = new ReplayFilter(ground.replays);
    this.#kafka = context.reader.read(source, ground.decodeFrom, end);
    this.#decodedTo = ground.decodeFrom - 1;
  }

  async run(): Promise<PartitionReport> {
    const { source, last } = this.#task;
    try {
      await this.#decodeTo(this.#ground.start); // a topic that was made again shows at once
      for await (const message of readLogTo(this.#context.log, {
        stream: EVENTS,
        subjects: [dataSubject(source.topic, '*', source.partition)],
        toSeq: last.seq,
        signal: this.#context.signal,
      }))
        await this.#meet(message);
    } finally {
      await this.#kafka.return(undefined);
    }
    this.#events.finish();
    this.#letters.finish();
    return this.#report();
  }

  async #meet(message: StoredMessage): Promise<void> {
    const lane = message.subject.split('.').at(-2) ?? '';
    if (lane === 'progress') {
      const { offset, dlq = 0 } = parseProgress(message);
      if (offset === undefined) return;
      await this.#decodeTo(offset);
      this.#events.progress(offset);
      this.#letters.progress(offset, dlq);
      return;
    }
    const [from, to] =
      /^(\d+)-(\d+)$/
        .exec(message.header(OFFSETS_HEADER) ?? '')
        ?.slice(1)
        .map(Number) ?? [];
    if (from === undefined || to === undefined) {
      const { start, end } = this.#ground;
      const detail = `a frame without ${OFFSETS_HEADER}; only bridges may write there`;
      this.#findings.add('unexpected', start, end, { lane, seq: message.seq, detail });
      return;
    }
    await this.#decodeTo(to);
    const text = Buffer.from(message.payload.buffer, message.payload.byteOffset, message.payload.length).toString();
    this.#events.frame(lane, { from, to, seq: message.seq, text });
  }

  async #decodeTo(offset: number): Promise<void> {
    const wanted = Math.min(offset, this.#ground.end);
    while (this.#decodedTo < wanted) {
      const { value: batch, done } = await this.#kafka.next();
      if (done) return;
      await this.#prepare(batch.records);
      this.#checkMark(batch.records);
      for (const record of batch.records) this.#decode(record);
      this.#decodedTo = batch.lastOffset;
      this.#context.onRecords(batch.records.length, this.#task.source, batch.lastOffset, this.#ground.end);
    }
  }

  /** Hot path: once a record. */
  #decode(record: KafkaRecord): void {
    const { decoded, notThen } = this.#decoder.decode(record, Date.now());
    const then: Decoded = this.#isReplay(decoded, record) ? NOTHING.replayed : decoded;
    const { outcome, events, dead } = then;
    const { offset } = record;
    if (offset < this.#ground.start) return; // only to know what a connector has sent before
    this.#records++;
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    const lineOf = (event: MeshEvent) => this.#decoder.line(event);
    if (events.length > 0) this.#events.expect(offset, events, lineOf);
    if (notThen.length > 0) this.#events.notExpect(offset, notThen, lineOf);
    if (dead) this.#letters.expect(record, dead, events.length > 0);
  }

  #isReplay({ place }: Decoded, record: KafkaRecord): boolean {
    if (place === undefined || !this.#task.route.dropReplays || isRedriven(record)) return false;
    return this.#replays.isReplay(place, record.key);
  }

  #checkMark(records: readonly KafkaRecord[]): void {
    const { mark } = this.#progress;
    const isHere = mark && records.some(({ offset }) => offset === mark.offset);
    if (isHere && compareMark(mark, records) === 'other')
      this.#findings.add('replaced', mark.offset, mark.offset, {
        detail: 'Kafka has another record here than the one that was read: the topic was made again',
      });
  }

  #report(): PartitionReport {
    const { start, end, notCompared } = this.#ground;
    return {
      ...this.#task.source,
      kind: 'events',
      compared: { from: start, to: end },
      records: this.#records,
      lines: this.#events.lines,
      frames: this.#events.frames,
      letters: this.#letters.compared,
      redriven: this.#letters.redriven,
      outcomes: this.#outcomes,
      checksums: this.#events.checksums,
      findings: this.#findings.list,
      totals: this.#findings.totals,
      notCompared,
      cannotTell: counts({
        'lines whose frames retention may have removed from EVENTS': this.#events.cut,
        'dead letters that retention may have removed from DLQ': this.#letters.cut,
        'records in DLQ that would not be dead letters today: see redrive': this.#decoder.outdated,
      }),
    };
  }
}
