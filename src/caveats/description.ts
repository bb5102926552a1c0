import { toChecksum } from '../primitives/address.ts'
import type { Address } from '../primitives/hex.ts'
import type { Asset, AssetInfo } from '../scope/types.ts'
import { amountInWords, symbolText, type Worded } from './words.ts'

export type DescribeOptions = {
  /** Symbol and decimals by asset. What is missing is shown in base units. */
  assets?: Readonly<Partial<Record<Asset, AssetInfo>>> | undefined
  /** How to call the delegator. Ours or the reader's own word, never the agent's. */
  principalName?: string | undefined
  /** The link admits only ERC-20 `transfer`: then the word at 4 is who is paid. */
  erc20Transfer?: boolean | undefined
}

export type Description = { sentence: string; warnings: readonly string[] }

export function plain(sentence: string, ...warnings: string[]): Description {
  return { sentence, warnings }
}

export function worded(before: string, { text, warnings }: Worded, after = ''): Description {
  return { sentence: `${before}${text}${after}`, warnings }
}

/** Text pieces and worded values in a row, with the warnings of all. */
export function joined(...parts: readonly (string | Worded)[]): Description {
  return {
    sentence: parts.map((part) => (typeof part === 'string' ? part : part.text)).join(''),
    warnings: parts.flatMap((part) => (typeof part === 'string' ? [] : part.warnings)),
  }
}

export function warned({ sentence, warnings }: Description, ...more: string[]): Description {
  return { sentence, warnings: [...warnings, ...more] }
}

/** An amount of a token or of the native coin; without the asset's info in base units. */
export function assetAmount(amount: bigint, asset: Asset, options: DescribeOptions): Worded {
  return amountInWords(amount, infoOf(options, asset))
}

/** Symbol, where known, and always the address: who calls a dollar token "JUNK" gains nothing. */
export function tokenText(options: DescribeOptions, token: Address): string {
  const info = infoOf(options, token)
  return info === undefined
    ? `the token ${toChecksum(token)}`
    : `${symbolText(info.symbol)} (token ${toChecksum(token)})`
}

const NATIVE: AssetInfo = { symbol: 'native coin', decimals: 18 }

function infoOf({ assets }: DescribeOptions, asset: Asset): AssetInfo | undefined {
  const known = assets !== undefined && Object.hasOwn(assets, asset) ? assets[asset] : undefined
  return known ?? (asset === 'native' ? NATIVE : undefined)
}
