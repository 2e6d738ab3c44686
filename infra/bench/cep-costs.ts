/** A process of its own that measures the pattern operator; prints a JSON line for each measure (CepMeasure). */
import { measureCep } from '../../shared/cep/cep.bench.ts';

for (const measure of measureCep()) console.log(JSON.stringify(measure));
