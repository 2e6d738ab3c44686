/** How PostgreSQL would carry out a statement, for tests. */
import type { Database, Parameter } from './database.ts';

export interface Plan {
  /** Kinds of the nodes: `Index Scan`, `Sort`. */
  readonly nodes: readonly string[];
  readonly indexes: readonly string[];
  /** Tables that are read from one end to the other. */
  readonly scanned: readonly string[];
}

export async function planOf(database: Database, statement: string, parameters: readonly Parameter[]): Promise<Plan> {
  const [row] = await database.run<{ 'QUERY PLAN': unknown }>(`EXPLAIN (FORMAT JSON) ${statement}`, parameters);
  const plan = { nodes: [] as string[], indexes: [] as string[], scanned: [] as string[] };
  collect(row?.['QUERY PLAN'], plan);
  return plan;
}

function collect(node: unknown, plan: { nodes: string[]; indexes: string[]; scanned: string[] }): void {
  if (typeof node !== 'object' || node === null) return;
  const { 'Node Type': type, 'Index Name': index, 'Relation Name': table } = node as Record<string, unknown>;
  if (typeof type === 'string') plan.nodes.push(type);
  if (typeof index === 'string') plan.indexes.push(index);
  if (type === 'Seq Scan' && typeof table === 'string') plan.scanned.push(table);
  for (const child of Object.values(node)) collect(child, plan);
}
