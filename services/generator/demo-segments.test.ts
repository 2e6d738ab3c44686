import { expect, test } from 'vitest';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { checkRuleSet } from '../../shared/segments/rule-set.ts';
import { demoSegments, offerDemoSegments } from './demo-segments.ts';

const AT = '2026-11-21T10:00:00Z';
const RULES = '$KV.segments.p03.rules';

test('are a rule set without problems', () => {
  expect(checkRuleSet(demoSegments(AT))).toEqual([]);
});

test('are made once, on a mesh that has none', async () => {
  const log = new MemoryLog().client();
  expect([await offerDemoSegments(log, AT), await offerDemoSegments(log, AT)]).toEqual([true, false]);
  expect(JSON.parse(new TextDecoder().decode((await log.last('EVENTS', 'rules.segments'))?.payload))).toEqual(
    demoSegments(AT),
  );
});

test('never replace what somebody made or deleted, also when only the stages remember it', async () => {
  const edited = new MemoryLog().client();
  await edited.append('rules.segments', '{"version":7,"segments":[]}');
  const forgotten = new MemoryLog().client();
  await forgotten.append(RULES, '{"version":7,"segments":[]}');
  for (const log of [edited, forgotten]) expect(await offerDemoSegments(log, AT)).toBe(false);
});
