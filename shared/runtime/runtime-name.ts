/** The JavaScript runtime this process runs on, for example `node 24.21.0`, `bun 1.4.5`, `deno 2.9.6`. */
export function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `bun ${bun}`;
  if (deno !== undefined) return `deno ${deno}`;
  return `node ${node}`;
}
