/** Fills EVENTS as the bridge would, without Kafka: for rows that need state rather than a path. Nothing here is measured. */
import { FrameBuilder } from '../../bridge/partition/frame-builder.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { MAX_FRAME_BYTES, type Progress as FrameProgress } from '../../shared/log/frame.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, progressSubject, rulesSubject } from '../../shared/log/names.ts';
import type { Progress } from './progress.ts';
import type { EventSource, ServiceInput } from './service-inputs.ts';

/** Events in a round of frames: as many as a fetch of Kafka brings. */
const FETCH = 10_000;

export interface Fill extends Pick<ServiceInput, 'sources' | 'event' | 'rules' | 'everyMs'> {
  readonly count: number;
}

/** `count` events, the last one now. */
export async function fillEvents(
  log: JetStreamLog,
  { sources, event, rules, everyMs = 1, count }: Fill,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<void> {
  if (rules) await log.append(rulesSubject(rules.name), JSON.stringify(rules.set));
  const lanes = sources.map((source) => new Lane(log, source));
  const firstTime = Date.now() - count * everyMs;
  const startedMs = performance.now();
  for (let from = 0; from < count; from += FETCH) {
    signal.throwIfAborted();
    const upTo = Math.min(count, from + FETCH);
    for (let number = from; number < upTo; number++) {
      const made = event(number, firstTime + number * everyMs);
      lanes[made.source]?.add(number, made.event);
    }
    for (const lane of lanes) await lane.flush(upTo - 1, firstTime + (upTo - 1) * everyMs);
    progress.show('writing events', upTo, count, startedMs);
  }
}

/** One topic with one Kafka partition. */
export class Lane {
  readonly #log: JetStreamLog;
  readonly #source: EventSource;
  readonly #builder = new FrameBuilder(MAX_FRAME_BYTES, JSON.stringify);

  constructor(log: JetStreamLog, source: EventSource) {
    this.#log = log;
    this.#source = source;
  }

  add(offset: number, event: MeshEvent): void {
    this.#builder.add(offset, [event]);
  }

  /** Writes what was added, and says that everything up to this offset and time was. */
  async flush(offset: number, t: number): Promise<void> {
    const { topic, boundMs } = this.#source;
    await Promise.all(
      this.#builder.take().map(([partition, { lines }]) => {
        return this.#log.append(dataSubject(topic, PARTITIONS[partition] ?? '', 0), lines.join('\n'));
      }),
    );
    const said: FrameProgress = { offset, watermark: t - boundMs - 1 };
    await this.#log.append(progressSubject(topic, 0), JSON.stringify(said));
  }
}
