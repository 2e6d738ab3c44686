import { expect, it } from 'vitest';
import { banner } from './banner.ts';

it('names every URL, where each server came from, and hides passwords', () => {
  const text = banner(
    {
      pid: 1,
      startedAt: '',
      dataDir: '/x/.weir',
      gatewayUrl: 'http://127.0.0.1:8081',
      servers: [
        { name: 'NATS', url: 'nats://u:pw@h:4222', version: '2.15.2', source: 'go install' },
        { name: 'NATS monitor', url: 'http://127.0.0.1:8222', version: '', source: '' },
        { name: 'Kafka', url: 'h:9092', version: 'unknown', source: 'environment KAFKA_BOOTSTRAP_SERVERS' },
      ],
      workers: [],
    },
    '.weir',
  );
  expect(text).toContain('2.15.2, from go install');
  expect(text).toContain(' from environment KAFKA_BOOTSTRAP_SERVERS');
  expect(text).toContain('http://127.0.0.1:8222\n');
  expect(text).toContain('curl -s http://127.0.0.1:8081/api/v1/status');
  expect(text).not.toContain('pw');
  expect(text).not.toContain('psql');
});

it('tells how to look into a PostgreSQL of ours without showing the password', () => {
  const url = 'postgres://weir@127.0.0.1:5432/shop';
  const servers = [
    { name: 'PostgreSQL', url, version: '18.4', source: 'npm', look: `PGPASSFILE=.weir/postgres/password psql ${url}` },
    { name: 'Other', url: 'postgres://me:pw@h:5432/d', version: 'unknown', source: 'environment DATABASE_URL' },
  ];
  const text = banner({ pid: 1, startedAt: '', dataDir: '', gatewayUrl: '', servers, workers: [] }, '.weir');
  expect(text).toContain('  postgres://me@h:5432/d ');
  expect(text).toContain(`  PGPASSFILE=.weir/postgres/password psql ${url}\n`);
});
