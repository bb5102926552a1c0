import { parseAmount } from '../primitives/amount.ts'
import type { Asset, AssetInfo, Budget } from './types.ts'

/** Decimals of the native coin. */
export const NATIVE_DECIMALS = 18

/** Decimals that a weight may have. */
export const WEIGHT_DECIMALS = 18

/** Decimals in which a budget's own units are exact: the most that any of its assets has. */
export function budgetDecimals(budget: Budget, assets: Readonly<Record<string, AssetInfo>>): number {
  return Math.max(0, ...Object.keys(budget.assets).map((asset) => decimalsOf(asset as Asset, assets)))
}

/** Decimals of an asset that a normal form names. */
export function decimalsOf(asset: Asset, assets: Readonly<Record<string, AssetInfo>>): number {
  // A normal form lists every ERC-20 it names; 77 only makes a hand-made one without them fail closed, as too large.
  return asset === 'native' ? NATIVE_DECIMALS : (assets[asset]?.decimals ?? 77)
}

/**
 * The most of one asset that one filling of a budget admits, base units, rounded down; 0 where it does not count the asset.
 */
export function budgetCapacity(budget: Budget, asset: Asset, assets: Readonly<Record<string, AssetInfo>>): bigint {
  const weight = Object.hasOwn(budget.assets, asset) ? budget.assets[asset] : undefined
  if (weight === undefined) return 0n
  const units = parseAmount(budget.max, budgetDecimals(budget, assets))
  const scale = 10n ** BigInt(WEIGHT_DECIMALS + decimalsOf(asset, assets))
  return (units * scale) / (10n ** BigInt(budgetDecimals(budget, assets)) * parseAmount(weight, WEIGHT_DECIMALS))
}
