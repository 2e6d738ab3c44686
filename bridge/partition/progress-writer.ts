/**
 * The progress subject of one Kafka partition: at most one frame per interval, always the newest, never losing the last.
 *
 * Invariants (tested in progress-writer.test.ts):
 * 1. The offset on the subject never falls. A frame that another bridge wrote is as true as ours: behind ours, ours
 *    follows it; ahead, ours is dropped.
 * 2. What is asked for is written within an interval, or at once by `flush`.
 */
import type { Progress } from '../../shared/log/frame.ts';
import { appendFenced, type Fence } from './fenced-append.ts';
import { parseProgress } from './position.ts';
import { BEFORE_FIRST } from '../../shared/kafka/record.ts';

export class ProgressWriter {
  readonly #fence: Fence;
  readonly #subject: string;
  readonly #intervalMs: number;
  readonly #onFailure: (error: unknown) => void;
  #seq: number;
  #wanted: Progress | undefined;
  #running: Promise<void> | undefined;
  #hurried = false;
  #wake: (() => void) | undefined;
  #notBefore = 0;

  constructor(fence: Fence, subject: string, seq: number, intervalMs: number, onFailure: (error: unknown) => void) {
    this.#fence = fence;
    this.#subject = subject;
    this.#seq = seq;
    this.#intervalMs = intervalMs;
    this.#onFailure = onFailure;
  }

  request(progress: Progress): void {
    this.#wanted = progress;
    this.#running ??= this.#run();
  }

  /** Resolves when everything asked for is written (or the session has failed). */
  async flush(): Promise<void> {
    this.#hurried = true;
    this.#wake?.();
    await this.#running;
    this.#hurried = false;
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted) {
        await this.#turn();
        const progress = this.#wanted;
        this.#wanted = undefined;
        this.#notBefore = performance.now() + this.#intervalMs;
        await this.#write(progress);
      }
    } catch (error) {
      this.#onFailure(error);
      return; // stays `running`: a writer that failed takes nothing more
    }
    this.#running = undefined;
  }

  /** Waits until the next frame may be written. */
  #turn(): Promise<void> {
    const wait = this.#notBefore - performance.now();
    if (this.#hurried || wait <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #write(progress: Progress): Promise<void> {
    for (;;) {
      const append = await appendFenced(this.#fence, this.#subject, JSON.stringify(progress), this.#seq, {});
      this.#seq = append.kind === 'stored' ? append.seq : (append.last?.seq ?? 0);
      if (append.kind === 'stored') return;
      const theirs = append.last ? parseProgress(append.last) : {};
      if ((theirs.offset ?? BEFORE_FIRST) > (progress.offset ?? BEFORE_FIRST)) return;
      if (append.last && sameProgress(theirs, progress)) return; // ours, with a lost ack
    }
  }
}

function sameProgress(a: Progress, b: Progress): boolean {
  return a.offset === b.offset && a.watermark === b.watermark && a.idle === b.idle;
}
