import { toChecksum } from '../primitives/address.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import type { Asset } from '../scope/types.ts'
import type { CaveatOf } from './codec.ts'
import { assetAmount, type DescribeOptions, type Description, joined, tokenText, warned } from './description.ts'
import type { BalanceDirection, TokenPeriod } from './types.ts'
import { durationInWords, instantInWords, integerInWords, shownInWords, type Worded } from './words.ts'

/** A hundred years, in seconds: no rate must overflow before. */
const LONG = 36_500n * 86_400n
const PER_EXECUTION = 'It holds for each execution alone, not in all, and does not see approvals.'

type Period = { amount: bigint; duration: bigint; start: bigint }
type Stream = { initial: bigint; max: bigint; perSecond: bigint; start: bigint }

export function describeTotal(limit: bigint, asset: Asset, options: DescribeOptions): Description {
  return joined('At most ', assetAmount(limit, asset, options), ' in all', onlyTransfers(asset, options))
}

export function describePeriod(period: Period, asset: Asset, options: DescribeOptions): Description {
  return joined('At most ', periodInWords(period, asset, options), onlyTransfers(asset, options))
}

export function describeStream(stream: Stream, asset: Asset, options: DescribeOptions): Description {
  const { initial, max, perSecond, start } = stream
  const description = joined(
    'At most ',
    assetAmount(initial, asset, options),
    ` from ${instantInWords(start)}, then `,
    assetAmount(perSecond, asset, options),
    ' more each second, up to ',
    assetAmount(max, asset, options),
    ' in all',
    onlyTransfers(asset, options),
  )
  if (initial + perSecond * LONG <= MAX_UINT256) return description
  return warned(
    description,
    'The rate is so high that the contract’s sum overflows: every call is refused from then on.',
  )
}

export function describeMultiToken(periods: readonly TokenPeriod[], options: DescribeOptions): Description {
  const assets = periods.map(({ token }) => (/^0x0{40}$/.test(token) ? 'native' : token))
  const entries = periods.map((period, index) => {
    const asset = assets[index] as Asset
    const words = periodInWords(period, asset, options)
    return asset === 'native' ? words : { ...words, text: `${words.text} (token ${toChecksum(asset)})` }
  })
  const description = joined('Only payments and token transfers, at most: ', shownInWords(entries, '; '))
  return new Set(assets).size === assets.length
    ? description
    : warned(description, 'One token stands there more than once: the amounts add up.')
}

export function describePayment(
  { recipient, amount }: CaveatOf<'nativePayment'>,
  options: DescribeOptions,
): Description {
  const paid = assetAmount(amount, 'native', options)
  return joined(
    'Each redemption pays ',
    paid,
    ` to ${toChecksum(recipient)}, through another delegation that the redeemer brings; the call is not restricted`,
  )
}

type BalanceChange = { direction: BalanceDirection; recipient: Address; amount: bigint }

export function describeNativeChange(change: BalanceChange, options: DescribeOptions): Description {
  return balance(change, assetAmount(change.amount, 'native', options), 'less', '')
}

export function describeTokenChange(change: BalanceChange & { token: Address }, options: DescribeOptions): Description {
  const amount = assetAmount(change.amount, change.token, options)
  return balance(change, amount, 'less', ` (token ${toChecksum(change.token)})`)
}

/** Tokens that are counted one by one. */
export function describeCountChange(change: BalanceChange & { token: Address; tokenId?: bigint }): Description {
  const { amount, token, tokenId } = change
  const noun = amount === 1n ? 'token' : 'tokens'
  const what = tokenId === undefined ? noun : `${noun} with the id ${integerInWords(tokenId)}`
  const counted = { text: integerInWords(amount), warnings: amount === MAX_UINT256 ? ['The amount is unlimited.'] : [] }
  return balance(change, counted, 'fewer', ` ${what} of the collection ${toChecksum(token)}`)
}

function balance({ direction, recipient }: BalanceChange, amount: Worded, less: string, what: string): Description {
  const [bound, way] = direction === 'decrease' ? ['at most', less] : ['at least', 'more']
  const who = `After each execution ${toChecksum(recipient)} has ${bound} `
  return warned(joined(who, amount, ` ${way}${what}`), PER_EXECUTION)
}

function periodInWords({ amount, duration, start }: Period, asset: Asset, options: DescribeOptions): Worded {
  const { sentence: text, warnings } = joined(
    assetAmount(amount, asset, options),
    ' every ',
    durationInWords(duration),
    `, counted from ${instantInWords(start)}`,
  )
  return { text, warnings }
}

function onlyTransfers(asset: Asset, options: DescribeOptions): string {
  return asset === 'native' ? '' : `; only transfers of ${tokenText(options, asset)}`
}
