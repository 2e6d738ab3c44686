import { describe, expect, test } from 'vitest';
import { createMetrics } from '../telemetry/metrics.ts';
import { registerStageMetrics } from './stage-metrics.ts';
import type { StageStatus } from './status.ts';

function status(partition: string, rest: Partial<StageStatus> = {}): StageStatus {
  return {
    ...{ service: 'sales', partition, state: 'running', epoch: 3, position: 812, lagFrames: 5, lagSeconds: 0.25 },
    ...{ events: 900, commits: 40, late: 2, dirtyKeys: 7, applied: 39 },
    ...rest,
  };
}

async function stageLines(stages: () => readonly StageStatus[]): Promise<string[]> {
  const metrics = createMetrics({ component: 'sales', instance: 'sales-1' });
  registerStageMetrics(metrics, stages);
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('weir_stage_'));
}

describe('stage metrics', () => {
  test('say all there is of a partition', async () => {
    const lines = await stageLines(() => [status('p00', { watermark: 1_717_200_000_500 })]);
    const values = Object.fromEntries(
      lines.map((line) => [line.slice('weir_stage_'.length, line.indexOf('{')), line.split(' ').at(-1)]),
    );
    expect(values).toEqual({
      position: '812',
      watermark_seconds: '1717200000.5',
      lag_frames: '5',
      lag_seconds: '0.25',
      events: '900',
      commits: '40',
      late_events: '2',
      dirty_keys: '7',
      epoch: '3',
    });
    for (const line of lines) {
      expect(line).toContain('service="sales"');
      expect(line).toContain('partition="p00"');
    }
  });

  test('forget a partition that has moved away', async () => {
    const views = [[status('p00'), status('p01')], [status('p01')]];
    let scrape = 0;
    const metrics = createMetrics({ component: 'sales', instance: 'sales-1' });
    registerStageMetrics(metrics, () => views[scrape] ?? []);
    expect(await metrics.text()).toContain('partition="p00"');
    scrape = 1;
    const text = await metrics.text();
    expect(text).not.toContain('partition="p00"');
    expect(text).toContain('partition="p01"');
  });
});
