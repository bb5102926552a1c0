import type { z } from 'zod'
import { formatAmount, MAX_UINT256, parseAmount } from '../primitives/amount.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import { type Accounts, abiType, isWord, readInteger } from './abi.ts'
import { paymentOf } from './admits.ts'
import type { AssetTable } from './assets.ts'
import { encodeArguments, readArgument } from './calldata.ts'
import { readAbiValue } from './conditions.ts'
import type { Source } from './forms.ts'
import type { ParsedFunction } from './function.ts'
import type { PlanDocument, PlannedCall } from './inferPlan.ts'
import { readInstant } from './periods.ts'
import type { Report } from './report.ts'
import { readFunction } from './rules.ts'
import type { AbiValue, Asset } from './types.ts'

/** A value and where it came from. */
export type Tagged<value> = { value: value; source: Source }

type Planned = {
  /** Unix seconds. */
  when: bigint | undefined
  /** Who says that this call is made. */
  by: Source
}
export type PlannedTransfer = Planned & {
  kind: 'transfer'
  asset: Tagged<Asset>
  to: Tagged<Address>
  /** Base units. */
  amount: Tagged<bigint>
}
export type PlannedExecution = Planned & {
  kind: 'call'
  target: Tagged<Address>
  function: { text: string; parsed: ParsedFunction }
  /** One for each input. */
  values: readonly Tagged<AbiValue>[]
  /** Wei. */
  value: Tagged<bigint>
  /** By position of the input that holds the amount. */
  spends: readonly { asset: Asset; input: number }[]
}

export type CallContext = { report: Report; assets: AssetTable; accounts: Accounts; author: Source }
type Sourced<value> = value | { value: value; source: Source }
type Document = z.output<typeof PlanDocument>['calls'][number]
type DataDocument = Extract<Document, { data: unknown }>
type FunctionDocument = Extract<Document, { args: unknown }>

/** One planned call in its normal form; `undefined` where something was reported. */
export function readPlannedCall(
  context: CallContext,
  pointer: string,
  document: PlannedCall,
): PlannedTransfer | PlannedExecution | undefined {
  const { report } = context
  const by = document.source ?? context.author
  const when = document.when === undefined ? undefined : readInstant(report, `${pointer}/when`, document.when)
  const planned = { when, by }
  if ('amount' in document) {
    const asset = tagged(document.asset, by)
    const at = asset.value === 'native' ? 'native' : report.account(`${pointer}/asset`, asset.value)
    const to = tagged(document.to, by)
    const payee = report.account(`${pointer}/to`, to.value)
    const amount = tagged(document.amount, by)
    const decimals = context.assets.decimals(`${pointer}/asset`, at)
    const before = report.issues.length
    report.amount(`${pointer}/amount`, amount.value, decimals)
    if (decimals === undefined || report.issues.length > before) return undefined
    return {
      ...planned,
      kind: 'transfer',
      asset: { ...asset, value: at },
      to: { ...to, value: payee },
      amount: { ...amount, value: parseAmount(amount.value, decimals) },
    }
  }
  const read = 'data' in document ? readData(context, pointer, document, by) : readNamed(context, pointer, document, by)
  if (read === undefined) return undefined
  const { target, value, data, source } = read
  const payment = paymentOf({ to: target.value, value: value.value, data })
  if (payment !== undefined) {
    if (document.spends !== undefined) {
      const rest = { value: payment.asset, fix: 'Leave spends out.' }
      report.add('scope.malformed_value', `${pointer}/spends`, 'A payment says itself what it spends.', rest)
    }
    return readPayment(context, pointer, payment, { ...planned, target, value, source })
  }
  if (read.called === undefined) {
    const fix =
      'Give its signature with parameter names as function, for example function pay(address to, uint256 amount).'
    report.add('scope.unknown_call', pointer, 'Nobody said which function this calls.', {
      value: data.slice(0, 10),
      fix,
    })
    return undefined
  }
  const { parsed } = read.called.function
  const spends = (document.spends ?? []).flatMap(({ asset: stated, amount }, index) => {
    const at = `${pointer}/spends/${index}`
    const asset = stated === 'native' ? stated : report.account(`${at}/asset`, stated)
    context.assets.decimals(`${at}/asset`, asset)
    const counted = parsed.inputs.flatMap(({ name, type }, input) => {
      return asset !== 'native' && name === amount && abiType(type).kind === 'uint' ? [{ asset, input }] : []
    })
    if (counted.length > 0) return counted
    const fix = 'Name an unsigned argument of the function; native value is counted by itself.'
    report.add('scope.amount_not_an_argument', `${at}/amount`, 'This cannot hold an amount.', { value: amount, fix })
    return []
  })
  return { ...planned, ...read.called, kind: 'call', target, value, spends }
}

type Read = {
  target: Tagged<Address>
  value: Tagged<bigint>
  data: Hex
  /** Of what the data says. */
  source: Source
  called?: Pick<PlannedExecution, 'function' | 'values'>
}

function readData(context: CallContext, pointer: string, document: DataDocument, by: Source): Read | undefined {
  const { report, accounts } = context
  const target = readTarget(context, pointer, document.to, by)
  const value = readWei(report, pointer, document.value, by)
  const { value: text, source } = tagged(document.data, by)
  const data = text as Hex
  if (document.function === undefined) return { target, value, data, source }
  const found = readPinnable(report, pointer, document.function)
  if (found === undefined) return undefined
  const { parsed } = found
  const values = parsed.inputs.map((input) => readArgument(data, input))
  const complete = values.every((one): one is AbiValue => one !== undefined)
  // Two readers of other bytes could see other arguments: only the one canonical form is planned.
  if (!complete || encodeArguments(parsed, values, accounts) !== data) {
    const fix = 'Give the call data exactly as an ABI encoder writes it for this function.'
    const rest = { value: data.slice(0, 10), bound: `${parsed.selector} ${parsed.signature}`, fix }
    report.add('scope.call_not_canonical', `${pointer}/data`, 'This is not canonical data of this function.', rest)
    return undefined
  }
  const called = { function: found, values: values.map((one) => ({ value: one, source })) }
  return { target, value, data, source, called }
}

function readNamed(context: CallContext, pointer: string, document: FunctionDocument, by: Source): Read | undefined {
  const { report, accounts } = context
  const target = readTarget(context, pointer, document.to, by)
  const value = readWei(report, pointer, document.value, by)
  const found = readPinnable(report, pointer, document.function)
  if (found === undefined) return undefined
  const { parsed } = found
  const before = report.issues.length
  for (const name of Object.keys(document.args)) {
    if (parsed.inputs.some((input) => input.name === name)) continue
    const fix = 'Write the name as in the signature.'
    const at = childPointer(`${pointer}/args`, name)
    report.add('scope.unknown_argument', at, 'The function has no argument of this name.', { value: name, fix })
  }
  const values = parsed.inputs.map(({ name, type }): Tagged<AbiValue> => {
    const at = childPointer(`${pointer}/args`, name)
    if (!Object.hasOwn(document.args, name)) {
      report.add('scope.missing_field', at, 'A required field is missing.', { value: name, fix: `Add ${name}.` })
      return { value: '', source: by }
    }
    const { value: stated, source } = tagged(document.args[name] ?? '', by)
    const read = readAbiValue(report, at, stated, abiType(type), type)
    const account = type === 'address' && (read === 'principal' || read === 'delegate') ? accounts[read] : read
    return { value: account, source }
  })
  if (report.issues.length > before) return undefined
  const plain = values.map((one) => one.value)
  const source = worst(...values.map((one) => one.source), by)
  const data = encodeArguments(parsed, plain, accounts)
  return { target, value, data, source, called: { function: found, values } }
}

function readPayment(
  context: CallContext,
  pointer: string,
  { asset, to, amount }: { asset: Asset; to: Address; amount: bigint },
  call: Planned & { target: Tagged<Address>; value: Tagged<bigint>; source: Source },
): PlannedTransfer | undefined {
  const { when, by, target, value, source } = call
  const native = asset === 'native'
  const decimals = context.assets.decimals(`${pointer}/to`, asset)
  const payee = native ? to : context.report.account(`${pointer}/data`, to)
  if (decimals === undefined) return undefined
  context.report.amount(`${pointer}/${native ? 'value' : 'data'}`, formatAmount(amount, decimals), decimals)
  return {
    when,
    by,
    kind: 'transfer',
    asset: { value: asset, source: native ? by : target.source },
    to: { value: payee, source: native ? target.source : source },
    amount: { value: amount, source: native ? value.source : source },
  }
}

/** A function of which every argument can be held: what no condition can hold would be left to the agent, never silently. */
function readPinnable(report: Report, pointer: string, text: string): PlannedExecution['function'] | undefined {
  const parsed = readFunction(report, `${pointer}/function`, text)
  if (parsed === undefined) return undefined
  for (const { name, type } of parsed.inputs) {
    const { kind } = abiType(type)
    if (name !== '' && (isWord(abiType(type)) || kind === 'bytes' || kind === 'string')) continue
    report.add('scope.argument_not_pinnable', `${pointer}/function`, 'No condition can hold this argument.', {
      value: name === '' ? `(no name): ${type}` : `${name}: ${type}`.slice(0, 200),
      fix: name === '' ? 'Name every parameter.' : 'Leave this call out, or write its rule by hand.',
    })
    return undefined
  }
  return { text: text.replace(/\s+/g, ' ').trim(), parsed }
}

function readTarget(context: CallContext, pointer: string, stated: Sourced<string>, by: Source): Tagged<Address> {
  const { value, source } = tagged(stated, by)
  return { value: context.report.account(`${pointer}/to`, value), source }
}

function readWei(report: Report, pointer: string, stated: Sourced<string> | undefined, by: Source): Tagged<bigint> {
  const { value, source } = tagged(stated ?? '0', by)
  const wei = readInteger({ kind: 'uint', bits: 256 }, value)
  if (wei === undefined) {
    const rest = { value, bound: `${MAX_UINT256}`, fix: 'Write wei, 0 or more.' }
    report.add('scope.value_does_not_fit', `${pointer}/value`, 'This is not an amount of wei.', rest)
  }
  return { value: wei ?? 0n, source }
}

function tagged<value extends string | boolean>(stated: Sourced<value>, by: Source): Tagged<value> {
  return typeof stated === 'object' ? stated : { value: stated, source: by }
}

/** From the most trusted to the least. */
const TRUST: readonly Source[] = ['principal', 'confirmed', 'addressBook', 'ledger', 'agent']

/** The source that is trusted least: of what several values together decide. Of none, the principal's own. */
export function worst(...sources: readonly Source[]): Source {
  return TRUST.filter((source) => sources.includes(source)).at(-1) ?? 'principal'
}
