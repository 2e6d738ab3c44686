/** How far a long work is, on stderr: rewritten in place on a terminal, now and then a line elsewhere. */
import type { Source } from '../../shared/kafka/source.ts';
import { grouped } from './table.ts';

const TERMINAL_MS = 500;
const LINES_MS = 10_000;

export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #startedAt = performance.now();
  #records = 0;
  #shownAt = performance.now();

  constructor(stream: { readonly isTTY?: boolean; write(text: string): unknown }) {
    this.#write = (text) => stream.write(text);
    this.#isTerminal = stream.isTTY === true;
  }

  /** `end`: the last offset of the partition, when it is known. */
  records(count: number, { topic, partition }: Source, offset: number, end: number): void {
    this.#records += count;
    const now = performance.now();
    if (now - this.#shownAt < (this.#isTerminal ? TERMINAL_MS : LINES_MS)) return;
    this.#shownAt = now;
    const perSecond = Math.round(this.#records / Math.max(0.001, (now - this.#startedAt) / 1000));
    const percent = end > 0 ? ` (${Math.min(100, Math.floor((offset / end) * 100))} %)` : '';
    const text = `${topic}, partition ${partition}: offset ${grouped(offset)}${percent}, ${grouped(perSecond)} records/s`;
    this.#write(this.#isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  }

  clear(): void {
    if (this.#isTerminal) this.#write('\r\x1b[K');
  }
}
