import { toChecksum } from '../primitives/address.ts'
import { type Address, byteLength } from '../primitives/hex.ts'
import type { Asset, AssetInfo } from '../scope/types.ts'
import type { DecodedCaveat } from './types.ts'
import {
  addressesInWords,
  amountInWords,
  bytesInWords,
  durationInWords,
  instantInWords,
  listInWords,
  symbolText,
  type Worded,
} from './words.ts'

export type DescribeOptions = {
  /** Symbol and decimals by asset. What is missing is shown in base units. */
  assets?: Readonly<Partial<Record<Asset, AssetInfo>>> | undefined
  /** How to call the delegator. Ours or the reader's own word, never the agent's. */
  principalName?: string | undefined
  /** The link admits only ERC-20 `transfer`: then the word at 4 is who is paid. */
  erc20Transfer?: boolean | undefined
}

export type Description = { sentence: string; warnings: readonly string[] }

/**
 * A caveat in plain words, with what a signer should be warned of. Total: never throws. Made of our words and the
 * caveat's own values; a token's symbol is escaped and its address always stands beside it, so that a dApp that calls a
 * dollar token "JUNK" gains nothing.
 */
export function describeCaveat(caveat: DecodedCaveat, options: DescribeOptions = {}): Description {
  try {
    return describe(caveat, options)
  } catch {
    return WORDLESS
  }
}

const WORDLESS: Description = {
  sentence: 'A caveat that cannot be put into words',
  warnings: ['Do not sign what cannot be read.'],
}

function describe(caveat: DecodedCaveat, options: DescribeOptions): Description {
  switch (caveat.kind) {
    case 'allowedCalldata':
      return plain(calldataSentence(caveat.start, caveat.value, options))
    case 'allowedMethods':
      return worded('Only the functions with selector ', listInWords(caveat.selectors))
    case 'allowedTargets':
      return worded('Only to ', addressesInWords(caveat.targets))
    case 'erc20PeriodTransfer': {
      const { text, warnings } = amountInWords(caveat.amount, infoOf(options, caveat.token))
      return period(text, warnings, caveat, `; only transfers of ${tokenText(options, caveat.token)}`)
    }
    case 'erc20TransferAmount': {
      const { text, warnings } = amountInWords(caveat.limit, infoOf(options, caveat.token))
      return { sentence: `At most ${text} in all; only transfers of ${tokenText(options, caveat.token)}`, warnings }
    }
    case 'exactCalldata':
      return plain(
        caveat.data === '0x'
          ? 'Only plain payments, no function is called'
          : `Only with exactly the calldata ${bytesInWords(caveat.data)}`,
      )
    case 'limitedCalls':
      if (caveat.limit === 1n) return plain('Once only')
      return count(amountInWords(caveat.limit, { symbol: 'times', decimals: 0 }))
    case 'nativePeriodTransfer': {
      const { text, warnings } = amountInWords(caveat.amount, infoOf(options, 'native'))
      return period(text, warnings, caveat, '')
    }
    case 'nativeTransferAmount':
      return worded('At most ', amountInWords(caveat.limit, infoOf(options, 'native')), ' in all')
    case 'nonce':
      return plain(
        `Until ${options.principalName ?? 'the delegator'} ends the group (nonce ${shortInteger(caveat.nonce)})`,
      )
    case 'redeemer':
      return worded('Only redeemed by ', addressesInWords(caveat.redeemers))
    case 'timestamp':
      return describeTimes(caveat.after, caveat.before)
    case 'valueLte':
      if (caveat.max === 0n) return plain('No native coin with the call')
      return worded('At most ', amountInWords(caveat.max, infoOf(options, 'native')), ' with each call')
    case 'unknown':
      return {
        sentence:
          caveat.reason === 'unknown_enforcer'
            ? `Something this version cannot read, checked by ${bytesInWords(caveat.enforcer)}`
            : `Terms that make no sense to ${bytesInWords(caveat.enforcer)}`,
        warnings: ['What this caveat permits is not known: nothing is allowed under it here.'],
      }
    default:
      return WORDLESS
  }
}

function describeTimes(after: bigint, before: bigint): Description {
  const end = before === 0n ? 'Never expires' : `Expires ${instantInWords(before)}`
  return {
    sentence: after === 0n ? end : `Not before ${instantInWords(after + 1n)}. ${end}`,
    warnings: before === 0n ? ['It never expires.'] : [],
  }
}

function calldataSentence(start: bigint, value: `0x${string}`, options: DescribeOptions): string {
  const size = byteLength(value)
  if (options.erc20Transfer && start === 4n && size === 32 && value.startsWith(`0x${'0'.repeat(24)}`)) {
    return `Only to ${toChecksum(`0x${value.slice(26)}`)}`
  }
  if (start === 0n && size === 4) return `Only the function with selector ${value}`
  const where = `bytes ${shortInteger(start)} to ${shortInteger(start + BigInt(size) - 1n)} of the calldata`
  return `Only where ${where} are ${bytesInWords(value)}`
}

function period(
  amount: string,
  warnings: readonly string[],
  { duration, start }: { duration: bigint; start: bigint },
  rest: string,
): Description {
  const length = durationInWords(duration)
  return {
    sentence: `At most ${amount} every ${length.text}, counted from ${instantInWords(start)}${rest}`,
    warnings: [...warnings, ...length.warnings],
  }
}

function count({ text, warnings }: Worded): Description {
  return { sentence: `At most ${text}`, warnings }
}

function plain(sentence: string): Description {
  return { sentence, warnings: [] }
}

function worded(before: string, { text, warnings }: Worded, after = ''): Description {
  return { sentence: `${before}${text}${after}`, warnings }
}

function shortInteger(value: bigint): string {
  const text = value.toString()
  return text.length <= 24 ? text : `more than 10^${text.length - 1}`
}

const NATIVE: AssetInfo = { symbol: 'native coin', decimals: 18 }

function infoOf({ assets }: DescribeOptions, asset: Asset): AssetInfo | undefined {
  const known = assets !== undefined && Object.hasOwn(assets, asset) ? assets[asset] : undefined
  return known ?? (asset === 'native' ? NATIVE : undefined)
}

function tokenText(options: DescribeOptions, token: Address): string {
  const info = infoOf(options, token)
  return info === undefined
    ? `the token ${toChecksum(token)}`
    : `${symbolText(info.symbol)} (token ${toChecksum(token)})`
}
