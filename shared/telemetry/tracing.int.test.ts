/** Own process for the SDK: it is global, and the test sees what a fake OTLP/HTTP receiver gets from it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const METRICS = fileURLToPath(new URL('./metrics.ts', import.meta.url));
const MODULE = fileURLToPath(new URL('./tracing.ts', import.meta.url));

async function run(source: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', source], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, ...env },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  await once(child, 'close');
  return out;
}

describe('startTelemetry', () => {
  it('sends spans and metrics to the endpoint before it is disposed', async () => {
    const received = new Map<string, string>();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.set(request.url ?? '', Buffer.concat(chunks).toString('latin1'));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    try {
      const out = await run(
        `import { startTelemetry } from ${JSON.stringify(MODULE)};
         import { trace, metrics } from '@opentelemetry/api';
         import { createMetrics } from ${JSON.stringify(METRICS)};
         const own = createMetrics({ component: 'probe', instance: 'probe-1' });
         const telemetry = await startTelemetry({ service: 'weir-probe', otlpEndpoint: '${endpoint}', metrics: own });
         own.histogram('made_later_seconds', 'Made after the start').observe(1);
         trace.getTracer('t').startSpan('fold-frame').end();
         metrics.getMeter('t').createCounter('probe_total').add(1);
         await telemetry[Symbol.asyncDispose]();`,
        {},
      );
      expect(out).toBe('');
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(received.get('/v1/traces')).toContain('fold-frame');
    expect(received.get('/v1/traces')).toContain('weir-probe');
    expect(received.get('/v1/metrics')).toContain('probe_total');
    expect(received.get('/v1/metrics')).toContain('process_cpu_seconds_total');
    expect(received.has('/v1/logs')).toBe(false);
  });

  it('makes nothing without an endpoint', async () => {
    const out = await run(
      `import { startTelemetry } from ${JSON.stringify(MODULE)};
       const telemetry = await startTelemetry({ service: 'x', otlpEndpoint: undefined });
       await telemetry[Symbol.asyncDispose]();
       const { trace } = await import('@opentelemetry/api');
       console.log(trace.getTracer('t').startSpan('s').isRecording());`,
      {},
    );
    expect(out.trim()).toBe('false');
  });

  it('does not throw when the receiver is away', async () => {
    const out = await run(
      `import { startTelemetry } from ${JSON.stringify(MODULE)};
       import { trace } from '@opentelemetry/api';
       const telemetry = await startTelemetry({ service: 'x', otlpEndpoint: 'http://127.0.0.1:1' });
       trace.getTracer('t').startSpan('s').end();
       await telemetry[Symbol.asyncDispose]();
       console.log('ended');`,
      { OTEL_METRICS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_TIMEOUT: '500' },
    );
    expect(out).toContain('ended');
  });
});
