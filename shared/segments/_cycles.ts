/** The circles in which derived segments follow one another. */

interface Following {
  readonly id: string;
  readonly baseSegmentIds: readonly string[];
}

/** Each circle as the path that closes it: `[a, b, a]`. No two share the same last step. */
export function cyclesOf(segments: ReadonlyMap<string, Following>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const visit = (id: string): void => {
    if (onPath.has(id)) {
      cycles.push([...path.slice(path.indexOf(id)), id]);
      return;
    }
    if (done.has(id)) return;
    path.push(id);
    onPath.add(id);
    for (const base of segments.get(id)?.baseSegmentIds ?? []) visit(base);
    path.pop();
    onPath.delete(id);
    done.add(id);
  };
  for (const id of segments.keys()) visit(id);
  return cycles;
}
