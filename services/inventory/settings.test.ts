import { expect, test } from 'vitest';
import { DEFAULT_INVENTORY } from './options.ts';
import { readInventoryOptions } from './settings.ts';

test('without variables the defaults stand', () => {
  expect(readInventoryOptions({ WEIR_INVENTORY_LOW_DAYS: ' ' })).toEqual(DEFAULT_INVENTORY);
});

test('every option has its variable', () => {
  const env = {
    WEIR_INVENTORY_TARGET_DAYS: '45',
    WEIR_INVENTORY_CRITICAL_DAYS: '4',
    WEIR_INVENTORY_LOW_DAYS: '14',
    WEIR_INVENTORY_DEAD_STOCK_DAYS: '90',
    WEIR_INVENTORY_KEPT_DAYS: '97',
  };
  const expected = { targetDays: 45, criticalDays: 4, lowDays: 14, deadStockDays: 90, keptDays: 97 };
  expect(readInventoryOptions(env)).toEqual(expected);
});

test.each([
  ['TARGET_DAYS', 'many', 'a whole number of days from 1 to 3650'],
  ['TARGET_DAYS', '0', 'a whole number of days from 1 to 3650'],
  ['LOW_DAYS', '6.5', 'a whole number of days from 1 to 3650'],
  ['LOW_DAYS', '2', 'WEIR_INVENTORY_CRITICAL_DAYS (3) or more'],
  ['TARGET_DAYS', '6', 'WEIR_INVENTORY_LOW_DAYS (7) or more'],
  ['KEPT_DAYS', '36', '37 or more: WEIR_INVENTORY_DEAD_STOCK_DAYS and 7 days'],
])('%s=%s is refused', (name, value, expected) => {
  const variable = `WEIR_INVENTORY_${name}`;
  expect(() => readInventoryOptions({ [variable]: value })).toThrow(
    `Cannot use ${variable}="${value}": expected ${expected}`,
  );
});

test('the variable that is named is one that can be changed', () => {
  expect(() => readInventoryOptions({ WEIR_INVENTORY_DEAD_STOCK_DAYS: '90' })).toThrow(
    'Cannot use WEIR_INVENTORY_KEPT_DAYS="60": expected 97 or more',
  );
});
