/**
 * Avro's schema resolution: the plan for reading what one schema wrote as values of another. Fields by name or alias,
 * defaults for those the writer lacks, promotions; the rules are those of resolution-rules.ts.
 *
 * Whether everything can be read is compatibility.ts's question, asked here only to choose a branch of the reader's
 * union. A plan has another answer for each part of a value: a writer's branch that the reader cannot take does not keep
 * the others from being read. So the two walk the same rules, each in its own way.
 *
 * Invariants (tested in resolve-schema.test.ts):
 * 1. What can never be read is told when planning; what depends on the value (a branch, a symbol) when it is met.
 * 2. Nothing is refused if, and only if, compatibility.ts calls the schemas compatible.
 */
import { AvroDataError } from './avro-error.ts';
import { type AvroType, isNamed, type NamedType, type RecordField, type RecordType } from './avro-type.ts';
import { incompatibilities } from './compatibility.ts';
import { defaultValue } from './default-value.ts';
import { isEmpty, type ReadPlan, type RecordPlan, type RecordStep } from './read-plan.ts';
import { namesMatch, primitiveRead, readSymbols, writtenFields } from './resolution-rules.ts';

type Refusal = Extract<ReadPlan, { readonly kind: 'refuse' }>;
type Resolved = Map<RecordType, Map<RecordType, RecordPlan>>;

/** Throws an AvroDataError `incompatible-schema` when no value of the writer can be read. */
export function planResolution(writer: AvroType, reader: AvroType): ReadPlan {
  const plan = resolve(writer, reader, new Map());
  const why = whyNever(plan, new Map());
  if (why === undefined) return plan;
  throw new AvroDataError(
    'incompatible-schema',
    `Cannot read ${nameOf(writer)} as ${nameOf(reader)}: ${why}; change one of the schemas`,
  );
}

function resolve(writer: AvroType, reader: AvroType, resolved: Resolved): ReadPlan {
  if (writer.kind === 'union')
    return { kind: 'union', branches: writer.branches.map((branch) => resolve(branch, reader, resolved)) };
  if (reader.kind === 'union') return resolveToUnion(writer, reader.branches, resolved);
  if (isNamed(writer) && isNamed(reader)) return resolveNamed(writer, reader, resolved);
  if (writer.kind === 'array' && reader.kind === 'array')
    return {
      kind: 'array',
      items: resolve(writer.items, reader.items, resolved),
      emptyItems: isEmpty(writer.items),
    };
  if (writer.kind === 'map' && reader.kind === 'map')
    return { kind: 'map', values: resolve(writer.values, reader.values, resolved) };
  const read = primitiveRead(writer, reader);
  return read === undefined ? refusal(writer, reader) : { kind: 'primitive', read };
}

function resolveNamed(writer: NamedType, reader: NamedType, resolved: Resolved): ReadPlan {
  if (!namesMatch(writer, reader)) return refusal(writer, reader);
  if (writer.kind === 'record' && reader.kind === 'record') return resolveRecord(writer, reader, resolved);
  if (writer.kind === 'enum' && reader.kind === 'enum') return { kind: 'enum', symbols: readSymbols(writer, reader) };
  if (writer.kind === 'fixed' && reader.kind === 'fixed' && writer.size === reader.size)
    return { kind: 'fixed', size: writer.size };
  return refusal(writer, reader);
}

/** Of the branches that take all values the one of the writer's own type; or else one that may take some. */
function resolveToUnion(writer: AvroType, branches: readonly AvroType[], resolved: Resolved): ReadPlan {
  const own = branches.filter((branch) => branch.kind === writer.kind);
  const branch =
    [...own, ...branches].find((each) => incompatibilities(each, writer).length === 0) ??
    own.find((each) => !isNamed(each) || (isNamed(writer) && namesMatch(writer, each)));
  if (branch) return resolve(writer, branch, resolved);
  return { kind: 'refuse', why: `no branch of the reader's union takes ${nameOf(writer)}` };
}

function resolveRecord(writer: RecordType, reader: RecordType, resolved: Resolved): ReadPlan {
  const known = resolved.get(writer)?.get(reader);
  if (known) return known;
  const steps: RecordStep[] = [];
  const defaults: { readonly field: string; readonly value: () => unknown }[] = [];
  const plan: RecordPlan = { kind: 'record', steps, defaults };
  const byReader = resolved.get(writer) ?? new Map<RecordType, RecordPlan>();
  resolved.set(writer, byReader.set(reader, plan)); // before its fields: the types may be recursive
  const targets = new Map<RecordField, RecordField>();
  for (const field of reader.fields) {
    const written = writtenFields(writer, field);
    const [only] = written;
    if (written.length > 1) steps.push(refuseField(field, `${nameOf(writer)} has several fields for "${field.name}"`));
    else if (only) targets.set(only, field);
    else if (field.default === undefined)
      steps.push(refuseField(field, `${nameOf(writer)} has no field "${field.name}", and the reader no default`));
    else defaults.push(defaultOf(field));
  }
  for (const field of writer.fields) {
    const target = targets.get(field);
    steps.push(
      target ? { field: target.name, plan: resolve(field.type, target.type, resolved) } : { skip: field.type },
    );
  }
  return plan;
}

function refuseField({ name }: RecordField, why: string): RecordStep {
  return { field: name, plan: { kind: 'refuse', why } };
}

function defaultOf({ name, type, default: json }: RecordField) {
  defaultValue(type, json); // throws now if it is none
  return { field: name, value: () => defaultValue(type, json) };
}

/** undefined: some values can be read. `known`: parts that were looked at, and those under way, which may be readable. */
function whyNever(plan: ReadPlan, known: Map<ReadPlan, string | undefined>): string | undefined {
  if (known.has(plan)) return known.get(plan);
  known.set(plan, undefined);
  const why = whyNeverAny(plan, (part) => whyNever(part, known));
  known.set(plan, why);
  return why;
}

function whyNeverAny(plan: ReadPlan, whyNot: (part: ReadPlan) => string | undefined): string | undefined {
  switch (plan.kind) {
    case 'refuse':
      return plan.why;
    case 'array':
      return whyNot(plan.items);
    case 'map':
      return whyNot(plan.values);
    case 'union': {
      const reasons = plan.branches.map(whyNot);
      return reasons.includes(undefined) ? undefined : reasons[0];
    }
    case 'record':
      return plan.steps
        .map((step) => ('plan' in step ? whyNot(step.plan) : undefined))
        .find((why) => why !== undefined);
    case 'enum':
      return plan.symbols.length > 0 && plan.symbols.every((symbol) => symbol === undefined)
        ? "none of the enum's symbols is known to the reader"
        : undefined;
    default:
      return undefined;
  }
}

function refusal(writer: AvroType, reader: AvroType): Refusal {
  return { kind: 'refuse', why: `${nameOf(writer)} cannot be read as ${nameOf(reader)}` };
}

function nameOf(type: AvroType): string {
  return isNamed(type) ? `${type.kind} ${type.name}` : type.kind;
}
