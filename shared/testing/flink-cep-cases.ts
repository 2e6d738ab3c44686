/** The cases of Flink's own CEP tests (../cep/fixtures/README.md), for those who run them as patterns and as pattern files. */
import { readFileSync } from 'node:fs';
import type { Link } from '../cep/pattern.ts';

export interface Input {
  n: number;
  ts: number;
  name: string;
  price: number;
  volume?: number;
  type?: string;
}

export type Where = { name_equals: string } | { volume: ['>', number] } | { price: ['>', number] } | { expr: string };

export interface CaseStage {
  link: Link;
  name?: string;
  group?: CaseStage[];
  where?: Where[];
  subtype?: string;
  times?: number | [number, number];
  times_or_more?: number;
  one_or_more?: boolean;
  optional?: boolean;
  greedy?: boolean;
  consecutive?: boolean;
  allow_combinations?: boolean;
  until?: Where;
  between_events?: string;
}

export interface FlinkCase {
  id: string;
  pattern: CaseStage[];
  skip_strategy: string;
  input: Input[];
  within_ms?: number;
  within_type?: string;
  watermarks?: string;
  expected_matches_as_input_index: number[][];
  expected_gap3ms?: number[][];
  expected_timeouts?: { events: number[]; at: number }[];
  expected_timeout_start_prices?: number[];
  expected_late?: number[];
  steps?: string[];
}

export const flinkCases: readonly FlinkCase[] = (
  JSON.parse(readFileSync(new URL('../cep/fixtures/flink-cep-cases.json', import.meta.url), 'utf8')) as {
    cases: FlinkCase[];
  }
).cases;

/** Skipped cases, with the reason. */
export const EXCEPTED: Readonly<Record<string, string>> = {
  'AfterMatchSkipITCase.testSkipPastLast2':
    'From 2017 (Flink 1.5), when skipping left matches alone that became whole by the same event; Flink 2 skips them too.',
};
/** Those with a pattern that are not excepted. */
export const patternCases = flinkCases.filter((flink) => flink.pattern.length > 0 && !(flink.id in EXCEPTED));
