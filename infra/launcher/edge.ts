/** A database at the edge of the mesh, as the launcher sees it: what it shows of it, and what workers are told. */
import type { ServerReport } from './control-protocol.ts';

export type Variables = Readonly<Record<string, string>>;

export interface Edge {
  /** As it is now: a server that was started again has another pid. */
  readonly rows: () => readonly ServerReport[];
  /** By group of workers. */
  readonly environment: Readonly<Record<string, Variables>>;
}
