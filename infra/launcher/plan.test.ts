import { describe, expect, it } from 'vitest';
import { parseStart } from './arguments.ts';
import { planGroups } from './plan.ts';

const checkout = {
  hasBridge: true,
  hasEgress: true,
  hasSchemaRegistry: true,
  services: ['gateway', 'generator', 'rfm', 'sales', 'sink-postgres'],
};

function plan(args: readonly string[], ownKafka = true, ownRegistry = false): string[] {
  return planned(args, ownKafka, ownRegistry).map((group) => `${group.name} ${group.count}`);
}

function planned(args: readonly string[], ownKafka = true, ownRegistry = false) {
  const options = parseStart(args);
  return planGroups(checkout, options, { ownKafka, ownShop: true, ownRegistry, stores: new Set(options.sinks) });
}

describe('planGroups', () => {
  it('runs one of everything, in the order in which they stop; a sink waits to be asked for', () => {
    expect(plan([])).toEqual([
      'generator 1',
      'bridge 1',
      'rfm 1',
      'sales 1',
      'egress 1',
      'sink-postgres 0',
      'gateway 1',
    ]);
  });

  it('runs a sink that was asked for, by name or by how many; it can be scaled when there is a store for it', () => {
    expect(plan(['--sink', 'postgres'])).toContain('sink-postgres 1');
    expect(plan(['--sink', 'postgres', '--scale', 'sink-postgres=0'])).toContain('sink-postgres 0');
    const blockedOf = (args: readonly string[]) => planned(args).find(({ name }) => name === 'sink-postgres')?.blocked;
    expect(blockedOf([])).toBe(
      'this mesh has no store for it: start it with `npm start -- --sink postgres`, or with DATABASE_URL or PG_HOST set',
    );
    expect(blockedOf(['--sink', 'postgres'])).toBeUndefined();
    expect(() => plan(['--sink', 'dynamodb'])).toThrow('Cannot find "sink-dynamodb": there is ');
  });

  it("brings results into a user's Kafka only when asked to", () => {
    expect(plan([], false)).toContain('egress 0');
    expect(plan(['--scale', 'egress=2'], false)).toContain('egress 2');
  });

  it("makes no demo orders when told so, or into a user's Kafka", () => {
    expect(plan(['--no-demo'])).toContain('generator 0');
    expect(plan([], false)).toContain('generator 0');
  });

  it('runs fused services in one process instead of their own', () => {
    const groups = planned(['--fuse', 'sales,rfm']);
    expect(groups.map((group) => group.name)).toEqual([
      'generator',
      'bridge',
      'sales+rfm',
      'egress',
      'sink-postgres',
      'gateway',
    ]);
    expect(groups[2]).toMatchObject({ entry: 'infra/launcher/fused.ts', args: ['sales', 'rfm'], count: 1 });
  });

  it('runs its own schema registry unless the user named one; it stops after those who ask it', () => {
    expect(plan([], true, true)).toEqual([
      'generator 1',
      'bridge 1',
      'rfm 1',
      'sales 1',
      'schema-registry 1',
      'egress 1',
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
