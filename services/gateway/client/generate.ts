/**
 * Writes api-types.ts, which a test keeps up to date:
 *
 *   node services/gateway/client/generate.ts
 */
import { writeFileSync } from 'node:fs';
import { openFixture } from '../_fixture.ts';
import { type OpenApiDocument, writeApiTypes } from './write-api-types.ts';

export const TYPES_FILE = new URL('api-types.ts', import.meta.url);

/** Of the gateway as it is in this checkout. */
export async function currentApiTypes(): Promise<string> {
  await using gateway = await openFixture();
  const document = (await (await gateway.get('/openapi.json')).json()) as OpenApiDocument;
  return writeApiTypes(document);
}

if (import.meta.main) writeFileSync(TYPES_FILE, await currentApiTypes());
