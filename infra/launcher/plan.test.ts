import { describe, expect, it } from 'vitest';
import { parseStart } from './arguments.ts';
import { planGroups } from './plan.ts';

const checkout = {
  hasBridge: true,
  hasSchemaRegistry: true,
  services: ['gateway', 'generator', 'rfm', 'sales', 'sink-postgres'],
};

function plan(args: readonly string[], ownKafka = true, ownRegistry = false): string[] {
  return planGroups(checkout, parseStart(args), ownKafka, ownRegistry).map((group) => `${group.name} ${group.count}`);
}

describe('planGroups', () => {
  it('runs one of everything, in the order in which they stop; a sink waits to be asked for', () => {
    expect(plan([])).toEqual(['generator 1', 'bridge 1', 'rfm 1', 'sales 1', 'sink-postgres 0', 'gateway 1']);
  });

  it("makes no demo orders when told so, or into a user's Kafka", () => {
    expect(plan(['--no-demo'])).toContain('generator 0');
    expect(plan([], false)).toContain('generator 0');
  });

  it('runs fused services in one process instead of their own', () => {
    const groups = planGroups(checkout, parseStart(['--fuse', 'sales,rfm']), true, false);
    expect(groups.map((group) => group.name)).toEqual(['generator', 'bridge', 'sales+rfm', 'sink-postgres', 'gateway']);
    expect(groups[2]).toMatchObject({ entry: 'infra/launcher/fused.ts', args: ['sales', 'rfm'], count: 1 });
  });

  it('runs its own schema registry unless the user named one; it stops after those who ask it', () => {
    expect(plan([], true, true)).toEqual([
      'generator 1',
      'bridge 1',
      'rfm 1',
      'sales 1',
      'schema-registry 1',
      'sink-postgres 0',
      'gateway 1',
    ]);
    expect(plan([], true, false).join()).not.toContain('schema-registry');
    expect(plan(['--scale', 'schema-registry=0'], true, true)).toContain('schema-registry 0');
  });

  it('starts as many as asked for', () => {
    expect(plan(['--scale', 'rfm=3', '--scale', 'sink-postgres=1'])).toEqual(
      expect.arrayContaining(['rfm 3', 'sink-postgres 1', 'sales 1']),
    );
  });

  it('names what there is when something is not there', () => {
    expect(() => plan(['--scale', 'nope=2'])).toThrow('Cannot find "nope": there is ');
    expect(() => plan(['--fuse', 'sales,gateway'])).toThrow(
      'Cannot fuse "gateway": expected services with stages, from rfm, sales',
    );
    expect(() => plan(['--fuse', 'sales,rfm', '--scale', 'rfm=2'])).toThrow(
      'Cannot find "rfm": it runs fused in "sales+rfm"',
    );
  });
});
