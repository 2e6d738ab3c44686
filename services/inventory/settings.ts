/** The options of inventory as the environment has them. Read by main.ts, once; the decision reads no environment. */
// biome-ignore lint/style/noRestrictedImports: no part of the decision.
import { type Environment, SettingError, textSetting } from '../../shared/config/environment.ts';
import { DEFAULT_INVENTORY, type InventoryOptions, problemOf } from './options.ts';

const VARIABLES: Readonly<Record<keyof InventoryOptions, string>> = {
  targetDays: 'WEIR_INVENTORY_TARGET_DAYS',
  criticalDays: 'WEIR_INVENTORY_CRITICAL_DAYS',
  lowDays: 'WEIR_INVENTORY_LOW_DAYS',
  deadStockDays: 'WEIR_INVENTORY_DEAD_STOCK_DAYS',
  keptDays: 'WEIR_INVENTORY_KEPT_DAYS',
};

/** Throws SettingError. */
export function readInventoryOptions(env: Environment): InventoryOptions {
  const days = (option: keyof InventoryOptions): number => {
    const text = textSetting(env, VARIABLES[option]);
    return text === undefined ? DEFAULT_INVENTORY[option] : Number(text);
  };
  const options: InventoryOptions = {
    targetDays: days('targetDays'),
    criticalDays: days('criticalDays'),
    lowDays: days('lowDays'),
    deadStockDays: days('deadStockDays'),
    keptDays: days('keptDays'),
  };
  const problem = problemOf(options, (option) => VARIABLES[option]);
  if (!problem) return options;
  const name = VARIABLES[problem.option];
  const given = textSetting(env, name) ?? String(options[problem.option]);
  throw new SettingError(`Cannot use ${name}="${given}": expected ${problem.expected}`);
}
