import { describe, expect, it } from 'vitest';
import { readInfo } from './existing-server.ts';
import { javaVersion } from './kafka-jars.ts';
import { kafkaConfig } from './kafka-config.ts';
import { coordinatesFor } from './dynamodb-jars.ts';
import { pomOf } from './maven-jars.ts';
import { firstNatsBinary, type NatsBinary } from './nats-binary.ts';
import { natsConfig } from './nats-config.ts';
import { startTimeOf } from './process-identity.ts';
import { isAtLeast } from './semantic-version.ts';
import { cacheFolder, natsSync, readPorts } from './versions.ts';

describe('firstNatsBinary', () => {
  const binary = (source: NatsBinary['source']) => ({ path: source, version: '2.15.2', source });
  const sources = (available: readonly NatsBinary['source'][]) => {
    const asked: string[] = [];
    const ask = (source: NatsBinary['source']) => async () => {
      asked.push(source);
      return available.includes(source) ? binary(source) : undefined;
    };
    return {
      asked,
      onPath: ask('PATH'),
      inCache: ask('cache'),
      build: async () => {
        asked.push('build');
        return binary('go install');
      },
    };
  };

  it('prefers PATH, then the cache, then a build, and asks no further than needed', async () => {
    for (const [available, source, asked] of [
      [['PATH', 'cache'], 'PATH', ['PATH']],
      [['cache'], 'cache', ['PATH', 'cache']],
      [[], 'go install', ['PATH', 'cache', 'build']],
    ] as const) {
      const from = sources(available);
      expect((await firstNatsBinary(from)).source).toBe(source);
      expect(from.asked).toEqual(asked);
    }
  });
});

describe('versions', () => {
  it('compare by number, not by text', () => {
    expect(isAtLeast('2.11.0', '2.11.0')).toBe(true);
    expect(isAtLeast('2.9.30', '2.11.0')).toBe(false);
    expect(isAtLeast('3.0.0', '2.11.0')).toBe(true);
    expect(isAtLeast('2.12.0-RC.1', '2.11.0')).toBe(true);
  });

  it('of Java are read old and new', () => {
    expect(javaVersion('openjdk version "17.0.15" 2025-04-15')).toEqual({ major: 17, text: '17.0.15' });
    expect(javaVersion('java version "1.8.0_292"')).toEqual({ major: 8, text: '1.8.0_292' });
    expect(javaVersion('openjdk version "21" 2023-09-19')?.major).toBe(21);
    expect(javaVersion('nonsense')).toBeUndefined();
  });
});

describe('readInfo', () => {
  it('reads what a nats-server greets with', () => {
    expect(readInfo('INFO {"version":"2.12.1","jetstream":true}')).toEqual({ version: '2.12.1', jetstream: true });
    expect(readInfo('INFO {"version":"2.12.1"}').jetstream).toBe(false);
  });

  it('tells another server', () => {
    expect(() => readInfo('HTTP/1.1 400 Bad Request')).toThrow('what answers there is not a nats-server');
  });
});

describe('environment', () => {
  it('changes ports, folders and the sync interval', () => {
    expect(readPorts({ WEIR_NATS_PORT: '5000' })).toMatchObject({ nats: 5000, kafka: 9092, gateway: 8080 });
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/weir');
    expect(cacheFolder({ WEIR_CACHE: '/d', XDG_CACHE_HOME: '/c' })).toBe('/d');
    expect(natsSync({ WEIR_NATS_SYNC: 'always' })).toBe('always');
  });

  it('is refused by name and value', () => {
    expect(() => readPorts({ WEIR_KAFKA_PORT: '99999' })).toThrow('Cannot use WEIR_KAFKA_PORT="99999"');
    expect(() => natsSync({ WEIR_NATS_SYNC: 'often' })).toThrow('Cannot use WEIR_NATS_SYNC="often"');
  });
});

describe('configuration', () => {
  it('of nats-server quotes what it is given', () => {
    const text = natsConfig({
      name: 'w',
      port: -1,
      monitorPort: 8222,
      storeDir: '/a b/"c"',
      sync: 'always',
      portsDir: '/p',
    });
    expect(text).toContain('store_dir: "/a b/\\"c\\""');
    expect(text).toContain('sync_interval: "always"');
    expect(text).toContain('max_payload: 8388608');
  });

  it("of Kafka keeps the broker's own limit on records", () => {
    const text = kafkaConfig({ port: 1, controllerPort: 2, logDir: '/d' });
    expect(text).toContain('listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2\n');
    expect(text).not.toContain('message.max.bytes');
  });

  it('of Maven names each artifact', () => {
    expect(pomOf(['g:a:1'])).toContain('<groupId>g</groupId><artifactId>a</artifactId><version>1</version>');
    expect(pomOf(['g:a:1:dylib'])).toContain('<version>1</version><type>dylib</type>');
  });
});

describe('DynamoDB Local', () => {
  it("brings Apple silicon's SQLite, and says where it does not run", () => {
    expect(coordinatesFor('linux', 'x64')).toEqual(['software.amazon.dynamodb:DynamoDBLocal:3.1.0']);
    expect(coordinatesFor('darwin', 'arm64')[1]).toMatch(/osx-aarch64:[\d.]+:dylib$/);
    expect(() => coordinatesFor('linux', 'arm64')).toThrow('does not run on "linux-arm64"');
  });
});

describe('startTimeOf', () => {
  const stat = (name: string, state: string) =>
    `7 (${name}) ${state} ${Array.from({ length: 18 }, (_, i) => i).join(' ')} 4711 0 0`;

  it('is field 22, whatever the process is called', () => {
    expect(startTimeOf(stat('node', 'S'))).toBe('4711');
    expect(startTimeOf(stat('a) b (c', 'R'))).toBe('4711');
  });

  it('is absent for a zombie, which runs no more', () => {
    expect(startTimeOf(stat('node', 'Z'))).toBeUndefined();
  });
});
