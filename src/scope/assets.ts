import type { Address } from '../primitives/hex.ts'
import { childPointer } from '../primitives/pointer.ts'
import { NATIVE_DECIMALS } from './capacity.ts'
import type { Report } from './report.ts'
import type { Asset, AssetInfo } from './types.ts'

/**
 * What is known of the assets that a scope names. Facts read from the chain win over what the document says, and where
 * the two differ the document is refused: a wrong number of decimals turns 50 dollars into 50 trillion.
 */
export class AssetTable {
  readonly #report: Report
  readonly #known = new Map<Address, AssetInfo>()
  readonly #used = new Map<Address, AssetInfo>()
  readonly #unknown = new Set<Address>()

  constructor(report: Report, stated: Readonly<Record<string, AssetInfo>>, facts: Readonly<Record<string, AssetInfo>>) {
    this.#report = report
    for (const [key, info] of Object.entries(stated)) this.#learn(childPointer('/assets', key), key, info)
    for (const [key, info] of Object.entries(facts)) {
      const address = key.toLowerCase() as Address
      const before = this.#known.get(address)
      if (before !== undefined) this.#compare(childPointer('/assets', key), before, info)
      this.#known.set(address, { symbol: info.symbol, decimals: info.decimals })
    }
  }

  /** Decimals of an asset that the scope names at `pointer`; `undefined`, and reported once, where nobody knows them. */
  decimals(pointer: string, asset: Asset): number | undefined {
    if (asset === 'native') return NATIVE_DECIMALS
    const info = this.#known.get(asset)
    if (info !== undefined) {
      this.#used.set(asset, info)
      return info.decimals
    }
    if (!this.#unknown.has(asset)) {
      this.#unknown.add(asset)
      this.#report.add('scope.unknown_decimals', pointer, 'Nobody said how many decimals this asset has.', {
        value: asset,
        fix: 'Read symbol and decimals from the chain and give them in assets.',
      })
    }
    return undefined
  }

  /** The assets that the scope names, and no others. */
  used(): Record<Address, AssetInfo> {
    return Object.fromEntries(this.#used)
  }

  #learn(pointer: string, key: string, info: AssetInfo): void {
    const address = this.#report.account(pointer, key)
    const before = this.#known.get(address)
    if (before !== undefined) this.#compare(pointer, before, info)
    this.#known.set(address, info)
  }

  #compare(pointer: string, before: AssetInfo, info: AssetInfo): void {
    if (before.decimals === info.decimals && before.symbol === info.symbol) return
    this.#report.add('scope.asset_mismatch', pointer, 'Two sources disagree about this asset.', {
      value: `${before.symbol}, ${before.decimals} decimals`,
      bound: `${info.symbol}, ${info.decimals} decimals`,
      fix: 'Write symbol and decimals as the chain has them.',
    })
  }
}
