/** What is recorded of each request: a span, two metrics by route, and a log line when the gateway itself failed. */
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { GatewayDependencies } from '../dependencies.ts';

export function observeRequests({ metrics }: Pick<GatewayDependencies, 'metrics'>): MiddlewareHandler {
  const requests = metrics.counter('http_requests_total', 'Requests answered', ['route', 'status']);
  const seconds = metrics.histogram('http_request_seconds', 'Time to answer', ['route']);
  const tracer = trace.getTracer('weir-gateway');
  return async (c, next) => {
    const endTimer = seconds.startTimer();
    const caller = propagation.extract(context.active(), c.req.header()); // traceparent, when the client has one
    await tracer.startActiveSpan(c.req.method, { kind: SpanKind.SERVER }, caller, async (span) => {
      await next();
      // The pattern, not the path: ids would make a series each.
      const route = routePath(c, -1);
      const { status } = c.res;
      span.updateName(`${c.req.method} ${route}`);
      span.setAttributes({
        'http.request.method': c.req.method,
        'http.route': route,
        'http.response.status_code': status,
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      requests.inc({ route, status: String(status) });
      endTimer({ route });
    });
  };
}
