/** Row `cep`: the pattern operator by itself, with few and with many live partial matches. Needs no server. */
import type { CepMeasure } from '../../../shared/cep/cep.bench.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { CepResult, Result } from '../result.ts';

export async function benchCep(mesh: BenchMesh): Promise<Result[]> {
  const results: CepResult[] = [];
  await mesh.run('infra/bench/cep-costs.ts', [], (line) => {
    const { name, nsPerEvent, partialMatches, snapshotBytes } = JSON.parse(line) as CepMeasure;
    results.push({
      kind: 'cep',
      row: `${name}, ${partialMatches} live`,
      usPerEvent: nsPerEvent / 1000,
      partialMatches,
      snapshotBytes,
    });
  });
  return results;
}
