/** How far a replay is, on stderr: rewritten in place on a terminal, now and then a line elsewhere. */
import type { LogSection } from './log-section.ts';

const TERMINAL_MS = 500;
const LINES_MS = 10_000;

export class SectionProgress {
  readonly #stream: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly #startedAt = performance.now();
  #shownAt = performance.now();

  constructor(stream: { readonly isTTY?: boolean; write(text: string): unknown }) {
    this.#stream = stream;
  }

  show(events: number, seq: number, { fromSeq, toSeq }: LogSection): void {
    const now = performance.now();
    const isTerminal = this.#stream.isTTY === true;
    if (now - this.#shownAt < (isTerminal ? TERMINAL_MS : LINES_MS)) return;
    this.#shownAt = now;
    const percent = Math.floor(((seq - fromSeq + 1) / Math.max(1, toSeq - fromSeq + 1)) * 100);
    const perSecond = Math.round(events / ((now - this.#startedAt) / 1000));
    const text = `${percent} % of the log, ${events} events, ${perSecond} events/s`;
    this.#stream.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
  }

  clear(): void {
    if (this.#stream.isTTY === true) this.#stream.write('\r\u001b[K');
  }
}
