import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { digestOf } from './api-key.ts';
import { KeysFile, parseKeys } from './keys-file.ts';
import { makeKey } from './make-key.ts';

const DIGEST = digestOf('one');
const OTHER = digestOf('two');

describe('what the file says', () => {
  it('is YAML or JSON', () => {
    const expected = [{ name: 'ci', role: 'read', sha256: DIGEST, expiresMs: Date.UTC(2027, 0, 31) }];
    const entry = { name: 'ci', role: 'read', sha256: DIGEST, expires: '2027-01-31T00:00:00Z' };
    expect(parseKeys(JSON.stringify({ keys: [entry] }), 'f')).toEqual(expected);
    const yaml = `keys:\n  - { name: ci, role: read, sha256: "${DIGEST}", expires: 2027-01-31T00:00:00Z }\n`;
    expect(parseKeys(yaml, 'f')).toEqual(expected);
    expect(parseKeys('keys: []', 'f')).toEqual([]);
  });

  it('is refused where it is wrong, without a word of what is there', () => {
    const secret = 'weir_this-is-a-key-somebody-wrote-here';
    const entry = (over: string) => `keys:\n  - { name: ok, role: read, sha256: "${OTHER}" }\n  - { ${over} }\n`;
    for (const [text, expected] of [
      [entry(`name: ci, role: read, sha256: ${secret}`), 'line 3, keys[1].sha256: expected the SHA-256'],
      [entry(`name: ci, role: ${secret}, sha256: "${DIGEST}"`), 'keys[1].role: expected one of read, write, admin'],
      [entry(`name: "${secret} x", role: read, sha256: "${DIGEST}"`), 'keys[1].name: expected 1 to 64'],
      [entry(`name: ci, role: read, key: ${secret}`), 'keys[1]'],
      [entry(`name: ci, role: read, sha256: "${DIGEST}", expires: tomorrow`), 'keys[1].expires: expected a time'],
      [entry(`name: ok, role: read, sha256: "${DIGEST}"`), 'keys[1].name: another key has the same'],
      [entry(`name: ci, role: read, sha256: "${OTHER}"`), 'keys[1].sha256: another key has the same'],
      [`${secret}: []`, 'expected a list'],
      ['', 'one member, "keys"'],
      ['keys: {', 'neither JSON nor YAML'],
    ] as const) {
      const message = messageOf(() => parseKeys(text, 'keys.yaml'));
      expect(message).toContain(expected);
      expect(message).toContain('keys.yaml');
      expect(message).not.toContain(secret);
    }
  });
});

describe('a made key', () => {
  it('has an entry that the file takes, and that holds its digest and not itself', () => {
    const { key, line } = makeKey(['ci', '--role', 'write', '--days', '30'], Date.UTC(2026, 0, 1));
    expect(key).toMatch(/^weir_[\w-]{43}$/);
    expect(line).not.toContain(key);
    expect(parseKeys(`keys:\n${line}\n`, 'f')).toEqual([
      { name: 'ci', role: 'write', sha256: digestOf(key), expiresMs: Date.UTC(2026, 0, 31) },
    ]);
    expect(makeKey(['ci', '--role', 'write'], 0).key).not.toBe(key);
  });

  it('is refused without a name or a role, and with a bad time', () => {
    for (const args of [[], ['ci'], ['ci', '--role', 'root'], ['a b', '--role', 'read'], ['ci', '--colour', 'red']])
      expect(messageOf(() => makeKey(args, 0))).toMatch(/^Cannot/);
    for (const days of ['0', '-1', 'x', '', '1e9'])
      expect(messageOf(() => makeKey(['ci', '--role', 'read', `--days=${days}`], 0))).toContain('--days');
  });
});

describe('a file that changes', () => {
  let folder: string;
  let path: string;
  let lines: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-keys-'));
    path = join(folder, 'keys.yaml');
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const logger = createLogger('test', 'debug', (line) => lines.push(line));
  const write = (...digests: readonly string[]) =>
    writeFile(path, JSON.stringify({ keys: digests.map((sha256, n) => ({ name: `k${n}`, role: 'read', sha256 })) }));

  it('is in force when it was looked at, and the former keys are while it is broken or gone', async () => {
    await write(DIGEST);
    const file = await KeysFile.open(path, logger);
    await write(OTHER);
    await file.look();
    expect([...file.keys.keys()]).toEqual([OTHER]);
    await writeFile(path, 'keys: {');
    for (let n = 0; n < 3; n++) await file.look();
    expect([[...file.keys.keys()], file.problem]).toEqual([[OTHER], expect.stringContaining('neither JSON nor YAML')]);
    await rm(path);
    await file.look();
    expect([...file.keys.keys()]).toEqual([OTHER]);
    expect(lines.filter((line) => line.includes('ERROR'))).toHaveLength(2); // each fault once
    await write(OTHER, DIGEST);
    await file.look();
    expect([file.keys.size, file.problem]).toEqual([2, undefined]);
  });

  it('is looked at again and again, until the end', async () => {
    await write(DIGEST);
    const file = await KeysFile.open(path, logger);
    const stop = new AbortController();
    const running = file.run(stop.signal, 1);
    await write();
    while (file.keys.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    await running;
  });

  it('must be there at the start', async () => {
    await expect(KeysFile.open(path, logger)).rejects.toThrow('Cannot read WEIR_API_KEYS_FILE=');
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('Nothing was refused');
}
