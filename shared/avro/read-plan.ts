/**
 * What to do with each part of a record's bytes: read it, skip it, or fill in a default. A plan comes from the writer's
 * schema and a projection (here) or a reader's schema (resolve-schema.ts); compile-plan.ts turns it into code.
 *
 * Invariant 1 (tested in avro-reader.test.ts): a projected read is the full read with the other fields left out.
 */
import type { AvroType, RecordType } from './avro-type.ts';
import type { PrimitiveRead } from './resolution-rules.ts';

/**
 * The wanted fields, by name: `{ after: { order_id: true }, op: true }`. `true` is a whole field. Unions, arrays and
 * maps are passed through to the records in them. A field that a record has not is absent in the result.
 */
export interface Projection {
  readonly [field: string]: true | Projection;
}

export type ReadPlan =
  | { readonly kind: 'primitive'; readonly read: PrimitiveRead }
  | { readonly kind: 'fixed'; readonly size: number }
  /** undefined: a symbol that the reader does not know. */
  | { readonly kind: 'enum'; readonly symbols: readonly (string | undefined)[] }
  | { readonly kind: 'array'; readonly items: ReadPlan; readonly emptyItems: boolean }
  | { readonly kind: 'map'; readonly values: ReadPlan }
  | { readonly kind: 'union'; readonly branches: readonly ReadPlan[] }
  | RecordPlan
  /** A branch of the writer's that the reader cannot take. */
  | { readonly kind: 'refuse'; readonly why: string };

export interface RecordPlan {
  readonly kind: 'record';
  readonly steps: readonly RecordStep[];
  /** Fields of the reader that the writer has not; `value()` makes a fresh one each time. */
  readonly defaults: readonly { readonly field: string; readonly value: () => unknown }[];
}

export type RecordStep = { readonly field: string; readonly plan: ReadPlan } | { readonly skip: AvroType };

/** The plan for a writer's type; projection undefined: everything. */
export function planProjection(writer: AvroType, projection: Projection | undefined): ReadPlan {
  return plan(writer, projection, new Map());
}

type Planned = Map<RecordType, Map<Projection | undefined, RecordPlan>>;

function plan(type: AvroType, projection: Projection | undefined, planned: Planned): ReadPlan {
  switch (type.kind) {
    case 'record':
      return planRecord(type, projection, planned);
    case 'enum':
      return { kind: 'enum', symbols: type.symbols };
    case 'fixed':
      return { kind: 'fixed', size: type.size };
    case 'array':
      return { kind: 'array', items: plan(type.items, projection, planned), emptyItems: isEmpty(type.items) };
    case 'map':
      return { kind: 'map', values: plan(type.values, projection, planned) };
    case 'union':
      return { kind: 'union', branches: type.branches.map((branch) => plan(branch, projection, planned)) };
    default:
      return { kind: 'primitive', read: type.kind };
  }
}

function planRecord(type: RecordType, projection: Projection | undefined, planned: Planned): RecordPlan {
  const known = planned.get(type)?.get(projection);
  if (known) return known;
  const steps: RecordStep[] = [];
  const record: RecordPlan = { kind: 'record', steps, defaults: [] };
  const byProjection = planned.get(type) ?? new Map<Projection | undefined, RecordPlan>();
  planned.set(type, byProjection.set(projection, record)); // before its fields: the type may be recursive
  for (const field of type.fields) {
    const wanted = projection === undefined ? true : wantedOf(projection, field.name);
    if (wanted === undefined) steps.push({ skip: field.type });
    else steps.push({ field: field.name, plan: plan(field.type, wanted === true ? undefined : wanted, planned) });
  }
  return record;
}

function wantedOf(projection: Projection, field: string): true | Projection | undefined {
  return Object.hasOwn(projection, field) ? projection[field] : undefined;
}

/** True for a type whose values take no bytes. */
export function isEmpty(type: AvroType, seen: ReadonlySet<AvroType> = new Set()): boolean {
  switch (type.kind) {
    case 'null':
      return true;
    case 'fixed':
      return type.size === 0;
    case 'record':
      return seen.has(type) || type.fields.every((field) => isEmpty(field.type, new Set([...seen, type])));
    default:
      return false;
  }
}
