import { describePeriod, describeStream } from '../../caveats/describeMoney.ts'
import type { DescribeOptions } from '../../caveats/description.ts'
import type { DecodedCaveat } from '../../caveats/types.ts'
import { addressesInWords, bytesInWords, instantInWords, integerInWords } from '../../caveats/words.ts'
import type { Hex } from '../../primitives/hex.ts'

/**
 * One caveat of a permission in a sentence; of any other only which enforcer has the last word, and its terms. Whoever
 * wants all in words loads `ambit/caveats`, which is as large as the rest of the page's part together.
 *
 * @param meaning - `null`: not read here.
 */
export function caveatText(
  { name, meaning, enforcer, terms }: { name: string | null; meaning: DecodedCaveat | null; enforcer: Hex; terms: Hex },
  options: DescribeOptions = {},
): string {
  switch (meaning?.kind) {
    case 'erc20PeriodTransfer':
      return describePeriod(meaning, meaning.token, options).sentence
    case 'nativePeriodTransfer':
      return describePeriod(meaning, 'native', options).sentence
    case 'erc20Streaming':
      return describeStream(meaning, meaning.token, options).sentence
    case 'nativeStreaming':
      return describeStream(meaning, 'native', options).sentence
    case 'timestamp':
      return `${meaning.after === 0n ? '' : `Not before ${instantInWords(meaning.after + 1n)}. `}${
        meaning.before === 0n ? 'Never expires' : `Expires ${instantInWords(meaning.before)}`
      }`
    case 'redeemer':
      return `Only redeemed by ${addressesInWords(meaning.redeemers).text}`
    case 'allowedTargets':
      return `Only to ${addressesInWords(meaning.targets).text}`
    case 'nonce':
      return `Until the delegator ends the group (nonce ${integerInWords(meaning.nonce)})`
    case 'exactCalldata':
      return meaning.data === '0x'
        ? 'Only plain payments, no function is called'
        : `Only with exactly the calldata ${bytesInWords(meaning.data)}`
    default:
      return `Checked by ${name ?? `an unknown contract at ${enforcer}`}, with the terms ${bytesInWords(terms)}`
  }
}
