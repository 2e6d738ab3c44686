/** What the bench says while it runs: lines that stay, and one line that moves (on a terminal), or one every 5 s. */

const QUIET_MS = 5_000;

export class Progress {
  readonly #output: NodeJS.WriteStream;
  #shownAt = 0;
  #isMoving = false;

  constructor(output: NodeJS.WriteStream = process.stderr) {
    this.#output = output;
  }

  say(line: string): void {
    this.#clear();
    this.#output.write(`bench | ${line}\n`);
  }

  /** How far something is. */
  show(what: string, done: number, total: number, startedMs: number): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.#output.isTTY ? 100 : QUIET_MS)) return;
    this.#shownAt = now;
    const line = `bench | ${progressText(what, done, total, now - startedMs)}`;
    if (!this.#output.isTTY) this.#output.write(`${line}\n`);
    else {
      this.#clear();
      this.#output.write(line);
      this.#isMoving = true;
    }
  }

  #clear(): void {
    if (this.#isMoving) this.#output.write('\r\u001b[K');
    this.#isMoving = false;
  }
}

export function progressText(what: string, done: number, total: number, tookMs: number): string {
  const percent = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
  const rate = tookMs > 0 ? Math.round((done * 1000) / tookMs) : 0;
  return `${what}: ${percent} % (${done.toLocaleString('en')} of ${total.toLocaleString('en')}, ${rate.toLocaleString('en')}/s)`;
}
