/**
 * Reads the lines of a data frame, which are the same few shapes over and over, without JSON.parse.
 *
 * V8's JSON.parse looks every text of up to ten characters up in the table of all known strings, and puts it there: with
 * ids that are new all the time that costs several times what the rest of parsing does: 1.5 M orders in a loop took
 * 0.84 us each, and take 0.23 here (`decode` of infra/bench/stage-fold.ts, on a busy machine: 1.3 and 0.4).
 *
 * A shape is the members of a line in their order, each a number, a text or (as the last one) anything. It is learned
 * from a line by JSON.parse; a line that is no shape known so far goes through JSON.parse, too.
 *
 * Invariants (1 and 2 tested in frame-lines.test.ts):
 * 1. What is read is what JSON.parse reads, for every frame that `encodeFrame` or a bridge has written.
 * 2. A frame that is no NDJSON is an error, unless a line has the shape of a good one, and only a number is written as
 *    JSON does not allow, or a text has a control character.
 * 3. No text that is read keeps the frame's text in memory: state would, for as long as it has the id.
 */

type FieldType = 'number' | 'text' | 'last';

interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** What stands before the value: `{"t":`, `,"k":"`. */
  readonly before: string;
}

interface Shape {
  readonly fields: readonly Field[];
  /** What stands behind the last value. */
  readonly end: string;
  /** An object with these members in this order: copies of it share one layout. */
  readonly empty: Readonly<Record<string, unknown>>;
}

const MOST_SHAPES = 8;
const QUOTE = '"';
const [COMMA, BRACE, MINUS, ZERO, NINE] = [44, 125, 45, 48, 57];
/** Whole numbers of so many digits are exact. */
const EXACT_DIGITS = 15;
/** V8 copies a part of a text up to this length; a longer one is a view of the whole text, and keeps it in memory. */
const COPIED = 12;

/** Shapes of one source of frames. */
export class FrameLines {
  readonly #shapes: Shape[] = [];
  #text = '';
  /** Where the line that is being read goes on, and where it ends. */
  #at = 0;
  #end = 0;
  /** The next backslash at or after the line's beginning; the text's length when there is none. */
  #backslash = 0;

  /** All values of a frame's text. Throws SyntaxError when it is no NDJSON. */
  read(text: string): unknown[] {
    const values: unknown[] = [];
    this.#text = text;
    this.#backslash = -1;
    for (let from = 0; from < text.length; from = this.#end + 1) values.push(this.#line(from));
    this.#text = '';
    return values;
  }

  #line(from: number): unknown {
    this.#end = this.#find('\n', from);
    if (this.#backslash < from) this.#backslash = this.#find('\\', from);
    for (const shape of this.#shapes) {
      this.#at = from;
      const value = this.#tryShape(shape);
      if (value !== undefined) return value;
    }
    const value: unknown = JSON.parse(this.#text.slice(from, this.#end));
    this.#learn(value, from);
    return value;
  }

  /** Undefined: the line is of another shape. */
  #tryShape({ fields, end, empty }: Shape): unknown {
    const value: Record<string, unknown> = { ...empty };
    for (const { name, type, before } of fields) {
      if (!this.#text.startsWith(before, this.#at)) return undefined;
      this.#at += before.length;
      const part = type === 'number' ? this.#number() : type === 'text' ? this.#string() : this.#last();
      if (part === undefined) return undefined;
      value[name] = part;
    }
    return this.#text.startsWith(end, this.#at) && this.#at + end.length === this.#end ? value : undefined;
  }

  #number(): number | undefined {
    const text = this.#text;
    const from = this.#at;
    const isNegative = text.charCodeAt(from) === MINUS;
    const first = isNegative ? from + 1 : from;
    let whole = 0;
    let at = first;
    let code = text.charCodeAt(at);
    for (; code >= ZERO && code <= NINE; code = text.charCodeAt(++at)) whole = whole * 10 + code - ZERO;
    this.#at = at;
    if ((code === COMMA || code === BRACE) && at > first && at - first <= EXACT_DIGITS)
      return isNegative ? -whole : whole;
    return this.#anyNumber(from);
  }

  /** With a fraction or an exponent, or long. */
  #anyNumber(from: number): number | undefined {
    let at = from;
    for (let code = this.#text.charCodeAt(at); code !== COMMA && code !== BRACE; code = this.#text.charCodeAt(++at))
      if (at >= this.#end) return undefined;
    this.#at = at;
    const value = Number(this.#text.slice(from, at));
    return Number.isNaN(value) || at === from ? undefined : value;
  }

  #string(): string | undefined {
    const from = this.#at;
    const end = this.#text.indexOf(QUOTE, from);
    if (end === -1 || end > this.#end || end > this.#backslash) return undefined;
    this.#at = end;
    return cut(this.#text, from, end);
  }

  /** Up to the line's last bracket. */
  #last(): unknown {
    const from = this.#at;
    this.#at = this.#end - 1;
    try {
      return JSON.parse(this.#text.slice(from, this.#at));
    } catch {
      return undefined; // more members follow
    }
  }

  #find(what: string, from: number): number {
    const at = this.#text.indexOf(what, from);
    return at === -1 ? this.#text.length : at;
  }

  #learn(value: unknown, from: number): void {
    if (this.#shapes.length >= MOST_SHAPES) return;
    const shape = shapeOf(value);
    if (!shape) return;
    this.#at = from;
    if (this.#tryShape(shape) !== undefined) this.#shapes.push(shape);
  }
}

/** Undefined: a value that is not made of numbers and texts with at most one other thing, at its end. */
function shapeOf(value: unknown): Shape | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const types = entries.map(([, part]): FieldType => {
    return typeof part === 'number' ? 'number' : typeof part === 'string' ? 'text' : 'last';
  });
  const isPlain = entries.every(([name]) => name !== '__proto__');
  if (types.length === 0 || types.slice(0, -1).includes('last') || !isPlain) return undefined;
  const fields = entries.map(([name], at): Field => {
    const type = types[at] ?? 'last';
    const former = at === 0 ? '{' : `${types[at - 1] === 'text' ? QUOTE : ''},`;
    return { name, type, before: `${former}${JSON.stringify(name)}:${type === 'text' ? QUOTE : ''}` };
  });
  return {
    fields,
    end: types.at(-1) === 'text' ? '"}' : '}',
    empty: Object.fromEntries(entries.map(([name]) => [name, undefined])),
  };
}

/** Part of a text, which does not keep all of it in memory. */
function cut(text: string, from: number, end: number): string {
  let part = text.slice(from, Math.min(end, from + COPIED));
  for (let at = from + COPIED; at < end; at += COPIED) part += text.slice(at, Math.min(end, at + COPIED));
  return part;
}
