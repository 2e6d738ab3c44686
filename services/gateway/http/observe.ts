/** What is recorded of each request: a span, two metrics by route, and a log line when the gateway itself failed. */
import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api';
import type { HonoRequest, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { GatewayDependencies } from '../dependencies.ts';

/** Of a request those are read that are asked for: to make an object of all costs more than the rest of this. */
const HEADERS: TextMapGetter<HonoRequest> = {
  keys: (request) => Object.keys(request.header()),
  get: (request, name) => request.header(name),
};

export function observeRequests({ metrics }: Pick<GatewayDependencies, 'metrics'>): MiddlewareHandler {
  const requests = metrics.counter('http_requests_total', 'Requests answered', ['route', 'status']);
  const seconds = metrics.histogram('http_request_seconds', 'Time to answer', ['route']);
  const tracer = trace.getTracer('weir-gateway');
  return async (c, next) => {
    const startMs = performance.now();
    const caller = propagation.extract(context.active(), c.req, HEADERS); // traceparent, when the client has one
    await tracer.startActiveSpan(c.req.method, { kind: SpanKind.SERVER }, caller, async (span) => {
      await next();
      // The pattern, not the path: ids would make a series each.
      const route = routePath(c, -1);
      const { status } = c.res;
      if (span.isRecording()) describe(span, c.req.method, route, status);
      span.end();
      requests.inc({ route, status: String(status) });
      seconds.observe({ route }, (performance.now() - startMs) / 1_000);
    });
  };
}

function describe(span: Span, method: string, route: string, status: number): void {
  span.updateName(`${method} ${route}`);
  span.setAttributes({
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
  });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}
