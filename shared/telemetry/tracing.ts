/**
 * OpenTelemetry for one process, off unless an OTLP endpoint is set: the SDK is not even loaded then.
 * Everything else is the SDK's own: exporters, sampling and intervals by the standard OTEL_* environment variables.
 * Instrumented code uses @opentelemetry/api alone, which does nothing while no SDK is started.
 */
import { describeError, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export interface TelemetryOptions {
  /** service.name of every span and metric: `weir-gateway`. */
  readonly service: string;
  /** Base URL of an OTLP/HTTP receiver; undefined: off. */
  readonly otlpEndpoint: string | undefined;
  readonly log?: Logger;
  /** Sent along with what the OpenTelemetry API itself records. */
  readonly metrics?: Pick<Metrics, 'samples'>;
}

/** Disposing it sends what is not sent yet. It waits no longer than the exporter's own timeout, and never throws. */
export async function startTelemetry(options: TelemetryOptions): Promise<AsyncDisposable> {
  if (options.otlpEndpoint === undefined) return { [Symbol.asyncDispose]: async () => {} };
  // The SDK reads its settings from the environment, so that all standard variables work beside ours.
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = options.otlpEndpoint;
  process.env.OTEL_LOGS_EXPORTER ??= 'none'; // log lines are for people; no log record is ever made
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: options.service });
  sdk.start();
  if (options.metrics) await (await import('./otlp-metrics.ts')).mirrorMetrics(options.metrics);
  return {
    async [Symbol.asyncDispose]() {
      try {
        await sdk.shutdown();
      } catch (error) {
        options.log?.warn('Cannot send the last telemetry', { because: describeError(error) });
      }
    },
  };
}
