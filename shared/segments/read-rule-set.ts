/**
 * Reads a rule set from JSON of any origin: the log of events, a request, a file.
 *
 * Invariant (rule-set.test.ts): whatever the JSON, the answer is a rule set that checkRuleSet finds right, or problems.
 */
import {
  checkRuleSet,
  parseEventType,
  type SegmentDefinition,
  type SegmentRule,
  type SegmentRuleSet,
} from './rule-set.ts';

export type RuleSetReading =
  | { readonly kind: 'right'; readonly set: SegmentRuleSet }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] };

type Json = Readonly<Record<string, unknown>>;

export function readRuleSet(json: unknown): RuleSetReading {
  const problems: string[] = [];
  const set = readSet(json, problems);
  if (problems.length === 0) problems.push(...checkRuleSet(set));
  return problems.length === 0 ? { kind: 'right', set } : { kind: 'wrong', problems };
}

function readSet(json: unknown, problems: string[]): SegmentRuleSet {
  const set = asObject(json, 'The rule set', problems);
  if (problems.length > 0) return { version: 0, segments: [] };
  const segments = asList(set.segments, 'The rule set has "segments"', problems);
  const version = asNumber(set.version, 'The rule set has "version"', problems);
  return { version, segments: segments.map((segment, at) => readSegment(segment, `Segment ${at + 1}`, problems)) };
}

function readSegment(json: unknown, where: string, problems: string[]): SegmentDefinition {
  const of = asObject(json, where, problems);
  const text = (name: string) => asText(of[name], `${where} has "${name}"`, problems);
  const rules = asList(of.rules ?? [], `${where} has "rules"`, problems);
  const bases = asList(of.baseSegmentIds ?? [], `${where} has "baseSegmentIds"`, problems);
  // What a choice may be is checkRuleSet's to say: here it is a text or a number, and that is all.
  return {
    id: text('id'),
    name: text('name'),
    type: text('type') as SegmentDefinition['type'],
    windowMinutes: asNumber(
      of.windowMinutes,
      `${where} has "windowMinutes"`,
      problems,
    ) as SegmentDefinition['windowMinutes'],
    ...(of.window === undefined ? {} : { window: text('window') as 'trailing' | 'tumbling' }),
    rules: rules.map((rule, at) => readRule(rule, `${where}, rule ${at + 1},`, problems)),
    baseSegmentIds: bases.map((base) => asText(base, `${where} has a base`, problems)),
    ...(of.combine === undefined ? {} : { combine: text('combine') as 'AND' | 'OR' | 'NOT' }),
    revision: asNumber(of.revision ?? 0, `${where} has "revision"`, problems),
    createdAt: asText(of.createdAt ?? '', `${where} has "createdAt"`, problems),
    updatedAt: asText(of.updatedAt ?? '', `${where} has "updatedAt"`, problems),
  };
}

function readRule(json: unknown, where: string, problems: string[]): SegmentRule {
  const of = asObject(json, where, problems);
  const text = (name: string) => asText(of[name], `${where} has "${name}"`, problems);
  const eventType = text('eventType');
  return {
    id: text('id'),
    eventType: parseEventType(eventType) ?? (eventType as SegmentRule['eventType']),
    attribute: text('attribute') as SegmentRule['attribute'],
    operator: text('operator') as SegmentRule['operator'],
    value: asNumber(of.value, `${where} has "value"`, problems),
  };
}

function asObject(json: unknown, what: string, problems: string[]): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  problems.push(`${what} is ${quote(json)}; it must be an object`);
  return {};
}

function asList(json: unknown, what: string, problems: string[]): readonly unknown[] {
  if (Array.isArray(json)) return json;
  problems.push(`${what} ${quote(json)}; it must be a list`);
  return [];
}

function asText(json: unknown, what: string, problems: string[]): string {
  if (typeof json === 'string' && json.isWellFormed()) return json;
  problems.push(`${what} ${quote(json)}; it must be a text`);
  return '';
}

function asNumber(json: unknown, what: string, problems: string[]): number {
  if (typeof json === 'number') return json;
  problems.push(`${what} ${quote(json)}; it must be a number`);
  return 0;
}

function quote(json: unknown): string {
  const text = JSON.stringify(json) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
