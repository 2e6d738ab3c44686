import { afterEach, describe, expect, it } from 'vitest';
import { type HealthOptions, type HealthServer, serveHealth } from './health.ts';
import { createMetrics } from './metrics.ts';

const servers: HealthServer[] = [];
const metrics = createMetrics({ component: 'test', instance: 't1' });

async function serve(options: Partial<HealthOptions> = {}): Promise<HealthServer> {
  const server = await serveHealth({ port: 0, metrics, ready: () => [], ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

describe('serveHealth', () => {
  it('is ready exactly when there is no reason against it (invariant 1)', async () => {
    const reasons: string[] = ['NATS is away'];
    const { url } = await serve({ ready: () => reasons });
    const away = await fetch(`${url}/readyz`);
    expect(away.status).toBe(503);
    expect(await away.json()).toEqual({ status: 'unavailable', reasons: ['NATS is away'] });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    reasons.length = 0;
    const back = await fetch(`${url}/readyz?verbose`);
    expect(back.status).toBe(200);
    expect(await back.json()).toEqual({ status: 'ok', reasons: [] });
  });

  it('takes a check that throws as a reason (invariant 2)', async () => {
    const { url } = await serve({
      live: () => {
        throw new Error('no heartbeat');
      },
    });
    const response = await fetch(`${url}/livez`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('no heartbeat');
  });

  it('serves metrics, answers HEAD without a body, and refuses the rest', async () => {
    const { url } = await serve();
    const scraped = await fetch(`${url}/metrics`);
    expect(scraped.headers.get('content-type')).toContain('text/plain');
    expect(await scraped.text()).toContain('process_start_time_seconds');
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${url}/readyz`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });

  it('survives a metrics collector that throws', async () => {
    const broken = { contentType: metrics.contentType, text: () => Promise.reject(new Error('collector')) };
    const { url } = await serve({ metrics: broken });
    expect((await fetch(`${url}/metrics`)).status).toBe(500);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('says what to do when its port is taken', async () => {
    const { port } = await serve();
    await expect(serve({ port })).rejects.toThrow(`Cannot serve health on 127.0.0.1:${port}: choose another`);
  });

  it('stops although a client keeps its connection (invariant 3)', async () => {
    const server = await serve();
    await (await fetch(`${server.url}/livez`)).text(); // fetch keeps the connection alive
    await server[Symbol.asyncDispose]();
    servers.length = 0;
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });

  it('stops although an answer hangs (invariant 3)', async () => {
    const asked = Promise.withResolvers<void>();
    const text = () => {
      asked.resolve();
      return new Promise<string>(() => {});
    };
    const server = await serveHealth({ port: 0, metrics: { contentType: 'text/plain', text }, ready: () => [] });
    const outcome = fetch(`${server.url}/metrics`).then(
      () => 'answered',
      () => 'cut',
    );
    await asked.promise;
    await server[Symbol.asyncDispose]();
    expect(await outcome).toBe('cut');
  });
});
