/**
 * One data subject: its frames are appended in order, each behind the one before.
 *
 * Invariants (tested in partition-session.test.ts):
 * 1. The subject holds every event up to its last frame's `to`, once, whoever wrote the frames.
 * 2. What another bridge, or a frame of ours whose ack was lost, has brought already is cut off, never repeated.
 */
import { OFFSETS_HEADER } from '../../shared/log/log.ts';
import { appendFenced, type Fence } from './fenced-append.ts';
import type { Frame } from './frame-builder.ts';
import { type Tail, tailOf } from './position.ts';

interface Queued {
  readonly frame: Frame;
  readonly onSettled: () => void;
}

export class Lane {
  readonly #fence: Fence;
  readonly #subject: string;
  readonly #onFailure: (error: unknown) => void;
  readonly #queue: Queued[] = [];
  #tail: Tail;
  #running = false;

  constructor(fence: Fence, subject: string, tail: Tail, onFailure: (error: unknown) => void) {
    this.#fence = fence;
    this.#subject = subject;
    this.#tail = tail;
    this.#onFailure = onFailure;
  }

  /** `onSettled`: all events of the frame are in the log. */
  push(frame: Frame, onSettled: () => void): void {
    this.#queue.push({ frame, onSettled });
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let next = this.#queue[0]; next; next = this.#queue[0]) {
        await this.#settle(next.frame);
        this.#queue.shift();
        next.onSettled();
      }
    } catch (error) {
      this.#onFailure(error);
      return; // stays `running`: a lane that failed takes nothing more
    }
    this.#running = false;
  }

  async #settle(frame: Frame): Promise<void> {
    for (let rest = behind(frame, this.#tail.to); rest; rest = behind(frame, this.#tail.to)) {
      const to = rest.offsets.at(-1) ?? this.#tail.to;
      const headers = { [OFFSETS_HEADER]: `${rest.offsets[0]}-${to}` };
      const append = await appendFenced(this.#fence, this.#subject, rest.lines.join('\n'), this.#tail.seq, headers);
      this.#tail = append.kind === 'stored' ? { seq: append.seq, to } : tailOf(append.last);
    }
  }
}

/** The part of a frame behind this offset; undefined: there is none. */
function behind(frame: Frame, offset: number): Frame | undefined {
  const { offsets } = frame;
  const first = offsets[0];
  if (first === undefined || (offsets.at(-1) ?? first) <= offset) return undefined;
  if (first > offset) return frame;
  const at = offsets.findIndex((one) => one > offset);
  return { lines: frame.lines.slice(at), offsets: offsets.slice(at), bytes: frame.bytes };
}
