/** The launcher's own voice and its workers' lines: `sales-1 | ...`, a colour each when the output is a terminal. */

const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94] as const;
const FAINT = 2;
const BOLD = 1;

export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Console {
  readonly #output: Output;
  readonly #colourful: boolean;
  readonly #colours = new Map<string, number>();
  #width = 6;

  constructor(output: Output = process.stdout, env: Readonly<Record<string, string | undefined>> = process.env) {
    this.#output = output;
    this.#colourful = output.isTTY === true && !env.NO_COLOR;
  }

  /** A line of the launcher itself. */
  say(line: string): void {
    this.#write('weir', BOLD, line);
  }

  /** A line that a worker or server printed. */
  line(name: string, line: string): void {
    const colour = this.#colours.get(name) ?? COLOURS[this.#colours.size % COLOURS.length] ?? FAINT;
    this.#colours.set(name, colour);
    this.#write(name, colour, line);
  }

  /** Text without a prefix. */
  text(text: string): void {
    this.#output.write(`${text}\n`);
  }

  #write(name: string, style: number, line: string): void {
    this.#width = Math.max(this.#width, name.length);
    const prefix = `${name.padEnd(this.#width)} |`;
    this.#output.write(`${this.#colourful ? `\u001b[${style}m${prefix}\u001b[0m` : prefix} ${line}\n`);
  }
}
