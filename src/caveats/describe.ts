import { toChecksum } from '../primitives/address.ts'
import { byteLength } from '../primitives/hex.ts'
import {
  describeAction,
  describeBatch,
  describeBatchCalldata,
  describeCalldata,
  describeExecution,
  describeRevocation,
} from './describeCalls.ts'
import {
  describeCountChange,
  describeMultiToken,
  describeNativeChange,
  describePayment,
  describePeriod,
  describeStream,
  describeTokenChange,
  describeTotal,
} from './describeMoney.ts'
import { assetAmount, type DescribeOptions, type Description, joined, plain, warned, worded } from './description.ts'
import { describeTaskScope } from './taskScope/describe.ts'
import type { DecodedCaveat, InnerCaveat } from './types.ts'
import {
  addressesInWords,
  amountInWords,
  bytesInWords,
  instantInWords,
  integerInWords,
  listInWords,
  shownInWords,
  type Worded,
} from './words.ts'

export type { DescribeOptions, Description }

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

/**
 * The same, a sentence for each part of what it says: only a whole task scope has more than one. Total, and never empty.
 */
export function describeParts(caveat: DecodedCaveat, options: DescribeOptions = {}): readonly Description[] {
  try {
    if (caveat.kind === 'taskScope') return describeTaskScope(caveat, options)
  } catch {
    return [WORDLESS]
  }
  return [describeCaveat(caveat, options)]
}

const WORDLESS: Description = {
  sentence: 'A caveat that cannot be put into words',
  warnings: ['Do not sign what cannot be read.'],
}

function describe(caveat: DecodedCaveat, options: DescribeOptions): Description {
  switch (caveat.kind) {
    case 'allowedCalldata':
      return describeCalldata(caveat.start, caveat.value, options)
    case 'allowedMethods':
      return worded('Only the functions with selector ', listInWords(caveat.selectors))
    case 'allowedTargets':
      return worded('Only to ', addressesInWords(caveat.targets))
    case 'approvalRevocation':
      return describeRevocation(caveat.methods)
    case 'argsEqualityCheck':
      return plain(
        `Only where the redeemer adds ${caveat.args === '0x' ? 'nothing' : bytesInWords(caveat.args)}`,
        'Whoever redeems writes what is compared here: it restricts nobody.',
      )
    case 'blockNumber':
      return describeBlocks(caveat.after, caveat.before)
    case 'deployed':
      return plain(
        `Deploys ${byteLength(caveat.bytecode)} bytes of code to ${toChecksum(caveat.address)} first, unless there is a contract`,
        'It restricts no call.',
      )
    case 'erc1155BalanceChange':
    case 'erc721BalanceChange':
      return describeCountChange(caveat)
    case 'erc20BalanceChange':
      return describeTokenChange(caveat, options)
    case 'erc20PeriodTransfer':
      return describePeriod(caveat, caveat.token, options)
    case 'erc20Streaming':
      return describeStream(caveat, caveat.token, options)
    case 'erc20TransferAmount':
      return describeTotal(caveat.limit, caveat.token, options)
    case 'erc721Transfer':
      return plain(
        `Only transfers of the token with the id ${integerInWords(caveat.tokenId)} of the collection ${toChecksum(caveat.token)}`,
        'Whoever redeems chooses who gets it.',
      )
    case 'exactCalldata':
      return plain(
        caveat.data === '0x'
          ? 'Only plain payments, no function is called'
          : `Only with exactly the calldata ${bytesInWords(caveat.data)}`,
      )
    case 'exactCalldataBatch':
      return describeBatchCalldata(caveat.executions)
    case 'exactExecution':
      return describeExecution(caveat, options)
    case 'exactExecutionBatch':
      return describeBatch(caveat.executions, options)
    case 'id':
      return plain(
        `Once among all delegations of ${options.principalName ?? 'the delegator'} with the id ${integerInWords(caveat.id)}`,
      )
    case 'limitedCalls':
      if (caveat.limit === 1n) return plain('Once only')
      return worded('At most ', amountInWords(caveat.limit, { symbol: 'times', decimals: 0 }))
    case 'logicalOr':
      return describeChoice(caveat.groups, options)
    case 'multiTokenPeriod':
      return describeMultiToken(caveat.periods, options)
    case 'nativeBalanceChange':
      return describeNativeChange(caveat, options)
    case 'nativePayment':
      return describePayment(caveat, options)
    case 'nativePeriodTransfer':
      return describePeriod(caveat, 'native', options)
    case 'nativeStreaming':
      return describeStream(caveat, 'native', options)
    case 'nativeTransferAmount':
      return describeTotal(caveat.limit, 'native', options)
    case 'nonce':
      return plain(
        `Until ${options.principalName ?? 'the delegator'} ends the group (nonce ${integerInWords(caveat.nonce)})`,
      )
    case 'ownershipTransfer':
      return plain(
        `Only handing over the ownership of ${toChecksum(caveat.target)}`,
        'Whoever redeems chooses the new owner.',
      )
    case 'redeemer':
      return worded('Only redeemed by ', addressesInWords(caveat.redeemers))
    case 'specificActionBatch':
      return describeAction(caveat, options)
    case 'taskScope':
      return describeWhole(describeTaskScope(caveat, options))
    case 'timestamp':
      return describeTimes(caveat.after, caveat.before)
    case 'valueLte':
      if (caveat.max === 0n) return plain('No native coin with the call')
      return worded('At most ', assetAmount(caveat.max, 'native', options), ' with each call')
    case 'unknown':
      return plain(
        caveat.reason === 'unknown_enforcer'
          ? `Something this version cannot read, checked by ${bytesInWords(caveat.enforcer)}`
          : `Terms that make no sense to ${bytesInWords(caveat.enforcer)}`,
        'What this caveat permits is not known: nothing is allowed under it here.',
      )
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

function describeBlocks(after: bigint, before: bigint): Description {
  const end = before === 0n ? 'Never expires' : `Expires with block ${integerInWords(before)}`
  return {
    sentence: after === 0n ? end : `Not before block ${integerInWords(after + 1n)}. ${end}`,
    warnings: before === 0n ? ['It never expires.'] : [],
  }
}

/** Longest text about a whole scope. */
const MAX_SCOPE = 4_000

function describeWhole(parts: readonly Description[]): Description {
  const sentence = parts.map((part) => part.sentence).join('. ')
  return cut({ sentence, warnings: [...new Set(parts.flatMap(({ warnings }) => warnings))] }, MAX_SCOPE)
}

/** Longest sentence about a caveat inside another one, and about all of them. */
const MAX_INNER = 240
const MAX_CHOICE = 1_000

/** What a wrapper promises is less than what stands in it: its counters are its own, and its groups share them. */
function describeChoice(groups: readonly (readonly InnerCaveat[])[], options: DescribeOptions): Description {
  const choices = groups.map((group): Worded => {
    if (group.length === 0) return { text: '(nothing at all)', warnings: ['One choice restricts nothing.'] }
    const inner = group.map(({ meaning }) => cut(describe(meaning, options), MAX_INNER))
    return {
      text: `(${inner.map(({ sentence }) => sentence).join(' / ')})`,
      warnings: inner.flatMap(({ warnings }) => warnings),
    }
  })
  const { sentence, warnings } = cut(
    joined('One of, as whoever redeems likes: ', shownInWords(choices, ' or ')),
    MAX_CHOICE,
  )
  return {
    sentence,
    warnings: [
      'Limits inside are counted together, with the terms of whichever choice was used first: they may not hold.',
      'A nonce inside is not the delegator’s own: ending the group does not end this.',
      ...new Set(warnings),
    ],
  }
}

function cut(description: Description, most: number): Description {
  if (description.sentence.length <= most) return description
  const shown = { ...description, sentence: `${description.sentence.slice(0, most)}…` }
  return warned(shown, 'Only the beginning is shown.')
}
