import { amountInWords, bytesInWords } from '../caveats/words.ts'
import { type Call, decodeCalls, type Execution } from '../delegation/execution.ts'
import { renderValue } from '../errors.ts'
import { toChecksum } from '../primitives/address.ts'
import { byteLength, type Hex, sliceBytes } from '../primitives/hex.ts'
import { APPROVE_SELECTOR, readAccountAmount, readArgument, TRANSFER_SELECTOR } from '../scope/calldata.ts'
import { type FunctionInput, type ParsedFunction, parseFunction } from '../scope/function.ts'
import type { Asset, AssetInfo, CallRule, Scope } from '../scope/types.ts'

/** One call of what is to be signed or sent, in words. */
export type CallWords = {
  call: Call
  /** Made of our words, numbers and addresses; a token's symbol is what the scope recorded, and its address stands beside it. */
  sentence: string
  /** Arguments by the names that the scope's rule gives them; none where no rule names the function. */
  args: readonly { name: string; type: string; value: string }[]
}

/**
 * What these very bytes do, call by call, and nothing of what anybody says about them. The scope lends names and decimals
 * only: what it does not know is said in bytes.
 *
 * @throws {@link DelegationError} for bytes that are not what `encodeCalls` writes: those nobody should sign.
 */
export function callsInWords(execution: Execution, scope: Pick<Scope, 'assets' | 'rules'>): CallWords[] {
  return decodeCalls(execution).map((call) => callInWords(call, scope))
}

function callInWords(call: Call, scope: Pick<Scope, 'assets' | 'rules'>): CallWords {
  const { to, value, data } = call
  const said = (sentence: string, args: CallWords['args'] = []) => ({ call, sentence, args })
  const coin = value === 0n ? '' : ` and with ${amountText(value, 'native', scope)}`
  if (data === '0x') return said(`Pay ${amountText(value, 'native', scope)} to ${toChecksum(to)}`)
  const paid = readAccountAmount(data, TRANSFER_SELECTOR)
  if (paid !== undefined) {
    return said(
      `Pay ${amountText(paid.amount, to, scope)} (token ${toChecksum(to)}) to ${toChecksum(paid.account)}${coin}`,
    )
  }
  const approved = readAccountAmount(data, APPROVE_SELECTOR)
  if (approved !== undefined) {
    const token = `(token ${toChecksum(to)})`
    return said(
      approved.amount === 0n
        ? `Let ${toChecksum(approved.account)} take nothing more of ${symbolOf(to, scope)} ${token}${coin}`
        : `Let ${toChecksum(approved.account)} take up to ${amountText(approved.amount, to, scope)} ${token}${coin}`,
    )
  }
  const named = ruleFor(call, scope)
  if (named === undefined) {
    return said(`Call ${toChecksum(to)} with the calldata ${bytesInWords(data)}${coin}`)
  }
  const { parsed, rule } = named
  return said(
    `Call ${parsed.name} of ${toChecksum(to)}${coin}`,
    parsed.inputs.map((input, index) => ({
      name: input.name === '' ? `argument ${index + 1}` : input.name,
      type: input.type,
      value: argumentText(data, input, rule, scope),
    })),
  )
}

/** The first rule that calls this function of this contract. */
function ruleFor({ to, data }: Call, { rules }: Pick<Scope, 'rules'>) {
  if (byteLength(data) < 4) return undefined
  const selector = sliceBytes(data, 0, 4)
  for (const rule of rules) {
    if (rule.class !== 'call' || rule.target !== to) continue
    const parsed: ParsedFunction = parseFunction(rule.function)
    if (parsed.selector === selector) return { parsed, rule }
  }
  return undefined
}

function argumentText(data: Hex, input: FunctionInput, rule: CallRule, scope: Pick<Scope, 'assets'>): string {
  const value = readArgument(data, input)
  if (value === undefined) return 'cannot be read'
  const spend = rule.spends.find(({ asset, amount }) => asset !== 'native' && amount === input.name)
  if (spend !== undefined && typeof value === 'string' && /^[0-9]+$/.test(value)) {
    return `${amountText(BigInt(value), spend.asset, scope)} (${value})`
  }
  if (input.type === 'address' && typeof value === 'string') return toChecksum(value as Hex)
  return input.type === 'string' ? renderValue(value) : renderValue(value).replace(/^"|"$/g, '')
}

function symbolOf(asset: Asset, scope: Pick<Scope, 'assets'>): string {
  return amountInWords(0n, infoOf(asset, scope)).text.replace(/^0 /, '')
}

function amountText(amount: bigint, asset: Asset, scope: Pick<Scope, 'assets'>): string {
  return amountInWords(amount, infoOf(asset, scope)).text
}

function infoOf(asset: Asset, { assets }: Pick<Scope, 'assets'>): AssetInfo | undefined {
  if (asset === 'native') return { symbol: 'native coin', decimals: 18 }
  return Object.hasOwn(assets, asset) ? assets[asset] : undefined
}
