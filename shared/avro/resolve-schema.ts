/**
 * Avro's schema resolution: the plan for reading what one schema wrote as values of another. Fields by name or alias,
 * defaults for those the writer lacks, promotions (int, long, float, double; string and bytes).
 *
 * Where the specification leaves a choice: names are compared without their namespaces, and of a reader's union the
 * branch of the writer's own type is taken before one it could be promoted to.
 *
 * Invariant 1 (tested in resolve-schema.test.ts): what can never be read is told when planning; what depends on the
 * value (a branch, a symbol) when it is met.
 */
import { AvroDataError } from './avro-error.ts';
import {
  type AvroType,
  type EnumType,
  PRIMITIVES,
  type Primitive,
  type RecordField,
  type RecordType,
} from './avro-schema.ts';
import { defaultValue } from './default-value.ts';
import { isEmpty, type PrimitiveRead, type ReadPlan, type RecordPlan, type RecordStep } from './read-plan.ts';

type Refusal = Extract<ReadPlan, { readonly kind: 'refuse' }>;
type Resolved = Map<RecordType, Map<RecordType, RecordPlan>>;

const PROMOTIONS: Readonly<Partial<Record<Primitive, Readonly<Partial<Record<Primitive, PrimitiveRead>>>>>> = {
  int: { long: 'int', float: 'int-as-float', double: 'int' },
  long: { float: 'long-as-float', double: 'long-as-double' },
  float: { double: 'float' },
  string: { bytes: 'string-as-bytes' },
  bytes: { string: 'bytes-as-string' },
};

/** Throws an AvroDataError `incompatible-schema` when no value of the writer can be read. */
export function planResolution(writer: AvroType, reader: AvroType): ReadPlan {
  const plan = resolve(writer, reader, new Map());
  if (plan.kind !== 'refuse') return plan;
  throw new AvroDataError(
    'incompatible-schema',
    `Cannot read ${nameOf(writer)} as ${nameOf(reader)}: ${plan.why}; change one of the schemas`,
  );
}

function resolve(writer: AvroType, reader: AvroType, resolved: Resolved): ReadPlan {
  if (writer.kind === 'union') {
    const branches = writer.branches.map((branch) => resolve(branch, reader, resolved));
    const [first] = branches;
    return first && branches.every(isRefusal) ? first : { kind: 'union', branches };
  }
  if (reader.kind === 'union') return resolveToUnion(writer, reader.branches, resolved);
  if (writer.kind === 'record' && reader.kind === 'record') return resolveRecord(writer, reader, resolved);
  if (writer.kind === 'enum' && reader.kind === 'enum') return resolveEnum(writer, reader);
  if (writer.kind === 'fixed' && reader.kind === 'fixed')
    return sameName(writer, reader) && writer.size === reader.size
      ? { kind: 'fixed', size: writer.size }
      : refusal(writer, reader);
  if (writer.kind === 'array' && reader.kind === 'array') {
    const items = resolve(writer.items, reader.items, resolved);
    return isRefusal(items) ? items : { kind: 'array', items, emptyItems: isEmpty(writer.items) };
  }
  if (writer.kind === 'map' && reader.kind === 'map') {
    const values = resolve(writer.values, reader.values, resolved);
    return isRefusal(values) ? values : { kind: 'map', values };
  }
  return resolvePrimitive(writer, reader);
}

function resolvePrimitive(writer: AvroType, reader: AvroType): ReadPlan {
  const from = primitiveOf(writer);
  const to = primitiveOf(reader);
  const read = from === to ? from : from && to && PROMOTIONS[from]?.[to];
  return read === undefined ? refusal(writer, reader) : { kind: 'primitive', read };
}

function primitiveOf(type: AvroType): Primitive | undefined {
  return PRIMITIVES.find((primitive) => primitive === type.kind);
}

function resolveToUnion(writer: AvroType, branches: readonly AvroType[], resolved: Resolved): ReadPlan {
  const own = branches.filter((branch) => branch.kind === writer.kind);
  for (const branch of [...own, ...branches]) {
    const plan = resolve(writer, branch, resolved);
    if (!isRefusal(plan)) return plan;
  }
  return { kind: 'refuse', why: `no branch of the reader's union takes ${nameOf(writer)}` };
}

function resolveRecord(writer: RecordType, reader: RecordType, resolved: Resolved): ReadPlan {
  const known = resolved.get(writer)?.get(reader);
  if (known) return known;
  if (!sameName(writer, reader)) return refusal(writer, reader);
  const steps: RecordStep[] = [];
  const defaults: { readonly field: string; readonly value: () => unknown }[] = [];
  const plan: RecordPlan = { kind: 'record', steps, defaults };
  const byReader = resolved.get(writer) ?? new Map<RecordType, RecordPlan>();
  resolved.set(writer, byReader.set(reader, plan)); // before its fields: the types may be recursive
  const targets = new Map(reader.fields.map((field) => [sourceOf(field, writer), field]));
  for (const field of writer.fields) {
    const target = targets.get(field);
    const part = target && resolve(field.type, target.type, resolved);
    if (part?.kind === 'refuse') return part;
    steps.push(target && part ? { field: target.name, plan: part } : { skip: field.type });
  }
  for (const field of reader.fields) {
    if (sourceOf(field, writer)) continue;
    if (field.default === undefined)
      return { kind: 'refuse', why: `${nameOf(writer)} has no field "${field.name}", and the reader no default` };
    defaultValue(field.type, field.default); // throws now if it is none
    defaults.push({ field: field.name, value: () => defaultValue(field.type, field.default) });
  }
  return plan;
}

/** The writer's field that a reader's field takes its values from. */
function sourceOf(field: RecordField, writer: RecordType): RecordField | undefined {
  const named = (name: string) => writer.fields.find((each) => each.name === name);
  return [field.name, ...field.aliases].map(named).find((each) => each !== undefined);
}

function resolveEnum(writer: EnumType, reader: EnumType): ReadPlan {
  if (!sameName(writer, reader)) return refusal(writer, reader);
  const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.default));
  if (symbols.length > 0 && symbols.every((symbol) => symbol === undefined)) return refusal(writer, reader);
  return { kind: 'enum', symbols };
}

function sameName(
  writer: { readonly name: string },
  reader: { readonly name: string; readonly aliases: readonly string[] },
): boolean {
  return [reader.name, ...reader.aliases].some((name) => shortName(name) === shortName(writer.name));
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function isRefusal(plan: ReadPlan): plan is Refusal {
  return plan.kind === 'refuse';
}

function refusal(writer: AvroType, reader: AvroType): Refusal {
  return { kind: 'refuse', why: `${nameOf(writer)} cannot be read as ${nameOf(reader)}` };
}

function nameOf(type: AvroType): string {
  return 'name' in type ? `${type.kind} ${type.name}` : type.kind;
}
