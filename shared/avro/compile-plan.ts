/**
 * Read plans to code: a function per record, union, array and map, made once per (writer, projection) with
 * `new Function`, as object literals of a fixed shape are what engines are fast at (README.md, "Speed").
 *
 * Invariants (tested in compile-plan.test.ts):
 * 1. From a schema only JSON string literals and numbers get into the code.
 * 2. Records and maps are plain objects, also with a field or key `__proto__`.
 * 3. A record that is nested too deeply for the stack is a data error.
 */
import { AvroDataError } from './avro-error.ts';
import type { AvroType, RecordType } from './avro-type.ts';
import { BinaryCursor } from './binary-cursor.ts';
import { isEmpty, type ReadPlan, type RecordPlan, type RecordStep } from './read-plan.ts';
import type { PrimitiveRead } from './resolution-rules.ts';

export type ReadValue = (bytes: Buffer, start: number) => unknown;

/** `what` is for messages: "the Avro value (shop.Order)". */
export function compilePlan(plan: ReadPlan, what: string): ReadValue {
  const read = new PlanCompiler().compile(plan);
  const cursor = new BinaryCursor();
  return (bytes, start) => {
    cursor.reset(bytes, start, what);
    try {
      const value = read(cursor);
      cursor.finish();
      return value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new AvroDataError('malformed', `Cannot read ${what}: it is nested too deeply for this process's stack`, {
        cause: error,
      });
    }
  };
}

const READ: Readonly<Record<PrimitiveRead, string>> = {
  null: 'null',
  boolean: 'c.boolean()',
  int: 'c.int()',
  long: 'c.long()',
  float: 'c.float()',
  double: 'c.double()',
  bytes: 'c.bytes()',
  string: 'c.string()',
  'int-as-float': 'Math.fround(c.int())',
  'long-as-float': 'Math.fround(Number(c.long()))',
  'long-as-double': 'Number(c.long())',
  'string-as-bytes': 'c.bytes()',
  'bytes-as-string': 'c.string()',
};

/** Bytes of the types whose values all have the same length. */
const FIXED_SIZE: Readonly<Record<string, number>> = { null: 0, boolean: 1, float: 4, double: 8 };

class PlanCompiler {
  readonly #functions: string[] = [];
  readonly #readers = new Map<RecordPlan, string>();
  readonly #skippers = new Map<RecordType, string>();
  readonly #constants: unknown[] = [];

  compile(plan: ReadPlan): (cursor: BinaryCursor) => unknown {
    const body = `return ${this.#read(plan)};`;
    const code = `"use strict";\n${this.#functions.join('\n')}\nreturn function read(c) { ${body} };`;
    const names = this.#constants.map((_, n) => `k${n}`);
    return new Function('put', ...names, code)(put, ...this.#constants);
  }

  /** An expression that reads a value from the cursor `c`. */
  #read(plan: ReadPlan): string {
    switch (plan.kind) {
      case 'primitive':
        return READ[plan.read];
      case 'fixed':
        return `c.fixed(${plan.size})`;
      case 'enum':
        return this.#enum(plan.symbols);
      case 'array':
        return this.#array(this.#read(plan.items), plan.emptyItems);
      case 'map':
        return this.#map(this.#read(plan.values));
      case 'union':
        return this.#union(plan.branches);
      case 'record':
        return this.#record(plan);
      case 'refuse':
        return `c.malformed(${literal(plan.why)})`;
    }
  }

  #record(plan: RecordPlan): string {
    const known = this.#readers.get(plan);
    if (known) return `${known}(c)`;
    const name = `record${this.#readers.size}`;
    this.#readers.set(plan, name); // before its fields: the plan may be recursive
    const statements: string[] = [];
    const members: string[] = [];
    for (const { skip, steps } of runs(plan.steps)) {
      statements.push(...this.#skipRun(skip));
      for (const step of steps) {
        statements.push(`const v${members.length} = ${this.#read(step.plan)};`);
        members.push(`${key(step.field)}: v${members.length}`);
      }
    }
    for (const { field, value } of plan.defaults) members.push(`${key(field)}: ${this.#constant(value)}()`);
    return this.#define(name, `${statements.join(' ')} return { ${members.join(', ')} };`);
  }

  #union(branches: readonly ReadPlan[]): string {
    const cases = branches.map((branch, n) => `case ${n}: return ${this.#read(branch)};`);
    return this.#define(
      this.#name(),
      `const n = c.int(); switch (n) { ${cases.join(' ')} default: c.malformed("the union has no branch " + n); }`,
    );
  }

  #enum(symbols: readonly (string | undefined)[]): string {
    const constant = this.#constant(symbols);
    return this.#define(
      this.#name(),
      `const n = c.int(); const symbol = ${constant}[n]; if (symbol === undefined) c.malformed("the enum has no symbol " + n); return symbol;`,
    );
  }

  #array(item: string, emptyItems: boolean): string {
    const next = `c.block(${emptyItems})`;
    return this.#define(
      this.#name(),
      `const out = []; for (let n = ${next}; n > 0; n = ${next}) for (; n > 0; n--) out.push(${item}); return out;`,
    );
  }

  #map(value: string): string {
    return this.#define(
      this.#name(),
      'const out = {}; for (let n = c.block(false); n > 0; n = c.block(false)) ' +
        `for (; n > 0; n--) put(out, c.string(), ${value}); return out;`,
    );
  }

  /** Statements that pass over values, neighbours of fixed size in one step. */
  #skipRun(types: readonly AvroType[]): readonly string[] {
    const statements: string[] = [];
    let size = 0;
    for (const type of types) {
      const fixed = type.kind === 'fixed' ? type.size : FIXED_SIZE[type.kind];
      if (fixed !== undefined) {
        size += fixed;
        continue;
      }
      if (size > 0) statements.push(`c.skip(${size});`);
      size = 0;
      statements.push(`${this.#skip(type)};`);
    }
    if (size > 0) statements.push(`c.skip(${size});`);
    return statements;
  }

  /** An expression that passes over one value. */
  #skip(type: AvroType): string {
    switch (type.kind) {
      case 'int':
      case 'long':
      case 'enum':
        return 'c.skipVarint()';
      case 'bytes':
      case 'string':
        return 'c.skipSized()';
      case 'record':
        return this.#skipRecord(type);
      case 'array':
        return this.#skipBlocks(isEmpty(type.items) ? undefined : this.#skip(type.items));
      case 'map':
        return this.#skipBlocks(`c.skipSized(); ${this.#skip(type.values)}`);
      case 'union':
        return this.#skipUnion(type.branches);
      case 'fixed':
        return `c.skip(${type.size})`;
      default:
        return `c.skip(${FIXED_SIZE[type.kind]})`;
    }
  }

  #skipRecord(type: RecordType): string {
    const known = this.#skippers.get(type);
    if (known) return `${known}(c)`;
    const name = `skip${this.#skippers.size}`;
    this.#skippers.set(type, name);
    return this.#define(name, this.#skipRun(type.fields.map((field) => field.type)).join(' '));
  }

  #skipUnion(branches: readonly AvroType[]): string {
    const cases = branches.map((branch, n) => `case ${n}: ${this.#skip(branch)}; break;`);
    return this.#define(
      this.#name(),
      `const n = c.int(); switch (n) { ${cases.join(' ')} default: c.malformed("the union has no branch " + n); }`,
    );
  }

  /** `item` undefined: items without bytes. */
  #skipBlocks(item: string | undefined): string {
    const each = item === undefined ? ';' : `for (; n > 0; n--) { ${item}; }`;
    const next = `c.blockToSkip(${item === undefined})`;
    return this.#define(this.#name(), `for (let n = ${next}; n > 0; n = ${next}) ${each}`);
  }

  #name(): string {
    return `part${this.#functions.length}`;
  }

  #define(name: string, body: string): string {
    this.#functions.push(`function ${name}(c) { ${body} }`);
    return `${name}(c)`;
  }

  #constant(value: unknown): string {
    this.#constants.push(value);
    return `k${this.#constants.length - 1}`;
  }
}

interface Run {
  readonly skip: readonly AvroType[];
  readonly steps: readonly { readonly field: string; readonly plan: ReadPlan }[];
}

/** The steps of a record as turns of skipping and reading. */
function runs(steps: readonly RecordStep[]): readonly Run[] {
  const all: { skip: AvroType[]; steps: { field: string; plan: ReadPlan }[] }[] = [{ skip: [], steps: [] }];
  for (const step of steps) {
    const last = all[all.length - 1]!;
    if ('plan' in step) last.steps.push(step);
    else if (last.steps.length === 0) last.skip.push(step.skip);
    else all.push({ skip: [step.skip], steps: [] });
  }
  return all;
}

function literal(text: string): string {
  return JSON.stringify(text);
}

/** In an object literal, a plain `__proto__` would set the prototype. */
function key(field: string): string {
  return field === '__proto__' ? '["__proto__"]' : literal(field);
}

function put(map: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
  else map[name] = value;
}
