/**
 * What members of a pattern mean together, beyond what their types say: conditions that say nothing or two things,
 * members that no event of the kind has, stages that do not exist (or cannot have taken anything yet).
 *
 * Invariants (tested in parse-pattern.test.ts):
 * 1. A pattern without problems becomes a Pattern, conditions and all, without an error; what can still be wrong with
 *    its stages is said by shared/cep/validate-pattern.ts.
 */
import { isReference } from './compile-condition.ts';
import { templateProblem } from './describe-match.ts';
import { isReadable } from './field-reader.ts';
import type { Problem } from './pattern-file-error.ts';
import { EVENT_MEMBERS } from './pattern-schema.ts';
import { COMPARISONS, type ConditionSpec, type MatchedSpec, ORDERINGS } from './pattern-spec.ts';
import type { PatternKind, PatternSpec, ReferenceSpec, StageSpec } from './pattern-spec.ts';
import { takingStages } from './taking-stages.ts';

type Path = readonly PropertyKey[];

/** Members of the events of each kind (shared/events). What is under `payload` and `metadata` is as it came. */
const FIELDS: Readonly<Record<PatternKind, readonly string[]>> = {
  order: ['t', 'k', 'id', 'amount'],
  orderItem: ['t', 'k', 'id', 'order', 'quantity', 'price'],
  product: ['t', 'k', 'name', 'stock', 'price', 'deleted'],
  download: ['t', 'k', 'id', 'user', 'region', 'device', 'os', 'osVersion', 'status', 'bytes', 'seconds', 'mbps'],
  maip: ['t', 'k', 'id', 'type', 'payload'],
  userEvent: ['t', 'k', 'type', 'value', 'session', 'metadata'],
};
const OPEN_FIELDS: readonly string[] = ['payload', 'metadata'];

export function patternProblems(spec: PatternSpec): Problem[] {
  const finder = new Finder(spec);
  finder.find();
  return finder.problems;
}

class Finder {
  readonly problems: Problem[] = [];
  readonly #spec: PatternSpec;
  /** Stages that may have taken events when the stage that is looked at is tried. */
  readonly #taken = new Set<string>();

  constructor(spec: PatternSpec) {
    this.#spec = spec;
  }

  find(): void {
    const { input, skip, alert, stages } = this.#spec;
    if (input.topic !== undefined && !input.topic.split('.').every((token) => token === '*' || /^[\w-]+$/.test(token)))
      this.#add(
        ['input', 'topic'],
        `"${input.topic}" is no topic; write a name, with * for whole tokens: maip.order.*`,
      );
    this.#condition(input.where, ['input', 'where']);
    this.#stages(stages, ['stages']);
    if (typeof skip === 'object' && (skip.skipToFirst === undefined) === (skip.skipToLast === undefined))
      this.#add(['skip'], 'says not which stage to skip to; write {"skipToFirst": stage} or {"skipToLast": stage}');
    const problem = alert && templateProblem(alert.description, takingStages(stages));
    if (problem) this.#add(['alert', 'description'], problem);
  }

  #add(path: Path, text: string): void {
    this.problems.push({ path, text });
  }

  #stages(stages: readonly StageSpec[], path: Path): void {
    for (const [at, stage] of stages.entries()) this.#stage(stage, [...path, at]);
  }

  #stage(stage: StageSpec, path: Path): void {
    const { name, group } = stage;
    if ((name === undefined) === (group === undefined)) {
      this.#add(path, 'is to be an event or a group; set name, or group, and not both');
      return;
    }
    if (group) {
      const foreign = EVENT_MEMBERS.find((member) => stage[member] !== undefined);
      if (foreign) this.#add([...path, foreign], 'is not for a group; say it of the stages inside');
      this.#stages(group, [...path, 'group']);
    } else if (name !== undefined && stage.link !== 'notNext' && stage.link !== 'notFollowedBy') this.#taken.add(name);
    this.#condition(stage.where, [...path, 'where']);
    this.#condition(stage.until, [...path, 'until']);
  }

  #condition(condition: ConditionSpec | undefined, path: Path): void {
    if (!condition) return;
    const said = (['and', 'or', 'not', 'field', 'matched'] as const).filter((name) => condition[name] !== undefined);
    const [form] = said;
    if (form === undefined || said.length > 1) {
      this.#add(path, `is to have exactly one of and, or, not, field, matched; it has ${said.join(' and ') || 'none'}`);
      return;
    }
    const comparisons = COMPARISONS.filter((name) => condition[name] !== undefined);
    if (form === 'field' || form === 'matched') this.#comparison(condition, comparisons, path);
    else if (comparisons[0])
      this.#add([...path, comparisons[0]], `compares nothing beside "${form}"; put it in a condition with field`);
    for (const name of ['and', 'or'] as const)
      for (const [at, inner] of (condition[name] ?? []).entries()) this.#condition(inner, [...path, name, at]);
    this.#condition(condition.not, [...path, 'not']);
  }

  #comparison(condition: ConditionSpec, comparisons: readonly string[], path: Path): void {
    if (comparisons.length === 0) this.#add(path, `compares with nothing; add one of ${COMPARISONS.join(', ')}`);
    this.#field(condition.field, [...path, 'field']);
    this.#matched(condition.matched, [...path, 'matched']);
    for (const name of ORDERINGS) {
      const wanted = condition[name];
      if (isReference(wanted)) this.#reference(wanted, [...path, name]);
    }
  }

  #reference({ field, matched }: ReferenceSpec, path: Path): void {
    if ((field === undefined) === (matched === undefined))
      this.#add(path, 'is to name a value; set field, or matched, and not both');
    this.#field(field, [...path, 'field']);
    this.#matched(matched, [...path, 'matched']);
  }

  #matched(matched: MatchedSpec | undefined, path: Path): void {
    if (!matched) return;
    const { stage, aggregate, field } = matched;
    if (!this.#taken.has(stage)) {
      const known = [...this.#taken].map((name) => `"${name}"`).join(', ');
      this.#add([...path, 'stage'], `"${stage}" cannot have taken an event yet; name ${known || 'an earlier stage'}`);
    }
    if (aggregate === 'count' && field !== undefined) this.#add([...path, 'field'], 'is not for count; leave it out');
    if (aggregate !== 'count' && field === undefined)
      this.#add(path, `says not of what the ${aggregate} is to be; add field`);
    this.#field(field, [...path, 'field']);
  }

  #field(field: string | undefined, path: Path): void {
    if (field === undefined) return;
    const { kind } = this.#spec.input;
    const known = FIELDS[kind];
    const [first = '', ...below] = field.split('.');
    if (!known.includes(first)) this.#add(path, `"${field}" is no member of kind ${kind}; it has ${known.join(', ')}`);
    else if (below.length > 0 && !OPEN_FIELDS.includes(first))
      this.#add(path, `"${first}" has nothing inside; name it alone`);
    else if (!isReadable(field)) this.#add(path, `"${field}" cannot be read; name members that the event itself has`);
  }
}
