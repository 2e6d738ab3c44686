import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

describe('createMetrics', () => {
  it('prefixes names and labels every line with component and instance', async () => {
    const metrics = createMetrics({ component: 'sales', instance: 'sales-1' });
    metrics.counter('events_total', 'Events folded', ['partition']).inc({ partition: 'p07' }, 3);
    metrics.gauge('weir_dirty_keys', 'Values not yet in KV', [], (gauge) => gauge.set(5));
    metrics.histogram('commit_seconds', 'Commit time').observe(0.003);
    const text = await metrics.text();
    expect(text).toContain('weir_events_total{partition="p07",component="sales",instance="sales-1"} 3');
    expect(text).toContain('weir_dirty_keys{component="sales",instance="sales-1"} 5');
    expect(text).toContain('weir_commit_seconds_bucket{le="0.005",component="sales",instance="sales-1"} 1');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('gives the same metric for the same name, and refuses it as another type', async () => {
    const metrics = createMetrics({ component: 'fused', instance: 'f1' });
    metrics.counter('late_total', 'Late', ['service']).inc({ service: 'sales' });
    metrics.counter('late_total', 'Late', ['service']).inc({ service: 'sales' });
    expect(await metrics.text()).toContain('weir_late_total{service="sales",component="fused",instance="f1"} 2');
    expect(() => metrics.gauge('late_total', 'Late')).toThrow('Cannot create metric "weir_late_total"');
  });

  it('keeps the registries of two meshes in one process apart', async () => {
    createMetrics({ component: 'a', instance: 'a' }).counter('x_total', 'X').inc();
    expect(await createMetrics({ component: 'b', instance: 'b' }).text()).not.toContain('weir_x_total');
  });

  it('gives samples with their labels, and of a histogram its sum and count', async () => {
    const metrics = createMetrics({ component: 'a', instance: 'a-1' });
    metrics.counter('x_total', 'X', ['topic']).inc({ topic: 'orders' }, 2);
    metrics.histogram('y_seconds', 'Y').observe(0.5);
    const own = (await metrics.samples()).filter(({ name }) => name.startsWith('weir_'));
    expect(own.map(({ name, kind, value }) => [name, kind, value])).toEqual([
      ['weir_x_total', 'counter', 2],
      ['weir_y_seconds_sum', 'counter', 0.5],
      ['weir_y_seconds_count', 'counter', 1],
    ]);
    expect(own[0]?.labels).toEqual({ topic: 'orders', component: 'a', instance: 'a-1' });
  });
});
