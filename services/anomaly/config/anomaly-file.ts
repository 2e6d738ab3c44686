/**
 * The rules of anomaly from a YAML or JSON file (WEIR_ANOMALY). What it leaves out keeps its default.
 *
 *   orders:
 *     rules:
 *       largeOrder: { over: "2500.00", escalation: { high: "10000.00" } }
 *
 * Invariants (tested in anomaly-file.test.ts):
 * 1. Every error names the file, the line, the member, its value, and what to do; all errors of one kind are told at once.
 * 2. What is accepted runs: levels rise with severity, patterns compile.
 */
import { readFileSync } from 'node:fs';
import { type Environment, SettingError, textSetting } from '../../../shared/config/environment.ts';
import { issueProblems } from '../../../shared/config/route-issues.ts';
import { type RouteSource, readSource } from '../../../shared/config/route-source.ts';
import { completeMaip, completeOrders } from './complete-options.ts';
import type { MaipOptions } from '../maip.ts';
import { DEFAULT_ORDERS, type OrderOptions } from '../rules.ts';
import { DEFAULT_MAIP } from '../maip.ts';
import { anomalySchema } from './anomaly-schema.ts';
import { escalationProblems } from './escalation-problems.ts';
import { readPatterns } from './read-patterns.ts';

export interface AnomalySettings {
  readonly orders: OrderOptions;
  readonly maip: MaipOptions;
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** The defaults when WEIR_ANOMALY is not set. Throws SettingError. */
export function readAnomalySettings(env: Environment = process.env): AnomalySettings {
  const file = textSetting(env, 'WEIR_ANOMALY');
  if (file === undefined) return { orders: DEFAULT_ORDERS, maip: DEFAULT_MAIP };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SettingError(`Cannot read the file of anomaly rules "${file}": check WEIR_ANOMALY`, { cause });
  }
  return parseAnomalySettings(text, file);
}

/** `file` is for messages. JSON is YAML too. Throws SettingError. */
export function parseAnomalySettings(text: string, file: string): AnomalySettings {
  const source = readSource(text, file, 'file of anomaly rules');
  const parsed = anomalySchema.safeParse(source.document ?? {}, { reportInput: true });
  if (!parsed.success) throw refused(file, source, parsed.error.issues.flatMap(problemsOf));
  const orders = completeOrders(parsed.data.orders ?? {});
  const maip = completeMaip(parsed.data.maip ?? {}, readPatterns(parsed.data.maip?.patterns ?? [], file));
  const problems = escalationProblems(parsed.data, orders, maip);
  if (problems.length > 0) throw refused(file, source, problems);
  return { orders, maip };
}

function problemsOf(issue: Parameters<typeof issueProblems>[0]): readonly Problem[] {
  if (issue.code !== 'unrecognized_keys') return issueProblems(issue);
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    text: 'is no member here; check the spelling (services/anomaly/anomaly.example.yaml has all of them)',
  }));
}

function refused(file: string, source: RouteSource, problems: readonly Problem[]): SettingError {
  const told = problems.map(({ path, text }) => `${source.place(path)}: ${text}`);
  return new SettingError(`Cannot use the file of anomaly rules "${file}": ${told.join('\n  ')}`);
}
