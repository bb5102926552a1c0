import type { Address } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import { abiType, readInteger } from './abi.ts'
import type { AssetTable } from './assets.ts'
import { attempt } from './attempt.ts'
import { readCondition } from './conditions.ts'
import { ScopeError } from './errors.ts'
import { inputNamed, type ParsedFunction, parseFunction } from './function.ts'
import type { Report } from './report.ts'
import type { PlainDocument } from './sources.ts'
import type { Asset, Budget, CallRule, Rule, Spend, TransferRule } from './types.ts'

type RuleDocument = PlainDocument['rules'][number]
type TransferDocument = Extract<RuleDocument, { class: 'transfer' }>
type CallDocument = Extract<RuleDocument, { class: 'call' }>

/** What a rule refers to. */
export type RuleContext = {
  report: Report
  assets: AssetTable
  budgets: Readonly<Record<string, Budget>>
  /** Budgets that some rule named: filled while reading. */
  used: Set<string>
  principal: Address
  delegate: Address
}

/** The normal form of all rules. */
export function readRules(context: RuleContext, documents: readonly RuleDocument[]): Rule[] {
  const { report } = context
  if (documents.length === 0) {
    const fix = 'Add a rule: what no rule admits is denied.'
    report.add('scope.empty_rules', '/rules', 'A scope without rules admits nothing.', { fix })
  }
  const seen = new Set<string>()
  return documents.map((document, index) => {
    const pointer = `/rules/${index}`
    if (seen.has(document.id)) {
      const rest = { value: document.id, fix: 'Give each rule its own id.' }
      report.add('scope.duplicate_rule', `${pointer}/id`, 'Two rules have the same id.', rest)
    }
    seen.add(document.id)
    return document.class === 'transfer'
      ? readTransfer(context, pointer, document)
      : readCall(context, pointer, document)
  })
}

function readTransfer(context: RuleContext, pointer: string, document: TransferDocument): TransferRule {
  const { report } = context
  const asset = readAsset(context, `${pointer}/asset`, document.asset)
  const decimals = context.assets.decimals(`${pointer}/asset`, asset)
  if (document.max === undefined && document.budget === undefined) {
    const fix = 'Add max, budget, or both.'
    report.add('scope.unlimited_rule', pointer, 'A transfer rule has no limit.', { value: document.id, fix })
  }
  if (document.budget !== undefined) chargeBudget(context, `${pointer}/budget`, document.budget, asset)
  return {
    id: document.id,
    class: 'transfer',
    asset,
    to: document.to === 'anyone' ? 'anyone' : readPayees(context, `${pointer}/to`, document.to, asset),
    ...(document.max === undefined ? {} : { max: report.amount(`${pointer}/max`, document.max, decimals) }),
    ...(document.budget === undefined ? {} : { budget: document.budget }),
  }
}

function readPayees(
  context: RuleContext,
  pointer: string,
  documents: Exclude<TransferDocument['to'], 'anyone'>,
  asset: Asset,
): Address[] {
  const { report } = context
  const payees = documents.map((item, index) => {
    const at = `${pointer}/${index}`
    const payee = report.account(at, item)
    const why = payee === context.principal ? 'itself' : payee === asset ? 'the token contract' : undefined
    if (why !== undefined) {
      // Money sent to a token contract is lost; paying oneself spends a budget on nothing.
      const rest = { value: payee, bound: why, fix: 'Name somebody else.' }
      report.add('scope.nonsense_payee', at, 'Nobody can mean to pay this account.', rest)
    }
    return payee
  })
  report.distinct('scope.duplicate_payee', pointer, payees, 'payee')
  return payees
}

function readCall(context: RuleContext, pointer: string, document: CallDocument): CallRule {
  const { report } = context
  const target = report.account(`${pointer}/target`, document.target)
  const parsed = readFunction(report, `${pointer}/function`, document.function)
  const args = Object.entries(document.args ?? {}).flatMap(([name, condition]) => {
    const at = childPointer(`${pointer}/args`, name)
    const input = inputNamed(parsed, name)
    if (input !== undefined) return [[name, readCondition(report, at, condition, input)] as const]
    if (parsed !== undefined) unknownArgument(report, at, name, parsed)
    return []
  })
  if (readInteger({ kind: 'uint', bits: 256 }, document.value?.lte ?? '0') === undefined) {
    const rest = { value: document.value?.lte ?? '', bound: 'uint256', fix: 'Write wei, 0 or more.' }
    report.add('scope.value_does_not_fit', `${pointer}/value/lte`, 'This is not an amount of wei.', rest)
  }
  const acknowledge = [...(document.acknowledge ?? [])]
  report.distinct('scope.duplicate_value', `${pointer}/acknowledge`, acknowledge, 'danger')
  return {
    id: document.id,
    class: 'call',
    target,
    function: document.function,
    args: Object.fromEntries(args),
    ...(document.allowance === undefined ? {} : { allowance: readAllowance(context, pointer, document, parsed) }),
    spends: readSpends(context, `${pointer}/spends`, document.spends ?? [], parsed),
    value: { lte: document.value?.lte ?? '0' },
    acknowledge,
  }
}

function readAllowance(
  context: RuleContext,
  pointer: string,
  document: CallDocument,
  parsed: ParsedFunction | undefined,
): NonNullable<CallRule['allowance']> {
  const { asset: stated, amount } = document.allowance ?? { asset: 'native', amount: '' }
  const at = `${pointer}/allowance`
  const asset = readAsset(context, `${at}/asset`, stated) as Address
  context.assets.decimals(`${at}/asset`, asset)
  checkAmountArgument(context.report, `${at}/amount`, amount, parsed)
  return { asset, amount }
}

function readSpends(
  context: RuleContext,
  pointer: string,
  documents: NonNullable<CallDocument['spends']>,
  parsed: ParsedFunction | undefined,
): Spend[] {
  const spends = documents.map((document, index): Spend => {
    const { asset: stated, budget } = document
    const at = `${pointer}/${index}`
    const asset = readAsset(context, `${at}/asset`, stated)
    context.assets.decimals(`${at}/asset`, asset)
    chargeBudget(context, `${at}/budget`, budget, asset)
    if ('measured' in document) return { asset, measured: true, budget }
    const { amount } = document
    if (asset === 'native' && amount !== 'value') {
      const rest = {
        value: amount,
        bound: 'value',
        fix: 'Write "value": the native coin leaves as the value of the call.',
      }
      const message = 'The native coin is not moved by an argument.'
      context.report.add('scope.amount_not_an_argument', `${at}/amount`, message, rest)
    }
    if (asset !== 'native') checkAmountArgument(context.report, `${at}/amount`, amount, parsed)
    return { asset, amount, budget }
  })
  // No argument has an empty name.
  const keys = spends.map(({ asset, amount = '', budget }) => `${asset} ${amount} ${budget}`)
  context.report.distinct('scope.duplicate_value', pointer, keys, 'spend')
  return spends
}

function readAsset(context: RuleContext, pointer: string, stated: string): Asset {
  if (stated === 'native') return stated
  const asset = context.report.account(pointer, stated)
  if (asset === context.principal || asset === context.delegate) {
    // A "token" that is the account itself would turn a payment rule into a call of the account by itself.
    const rest = { value: asset, fix: 'Name a token contract.' }
    context.report.add('scope.asset_is_account', pointer, 'The principal and the delegate are not tokens.', rest)
  }
  return asset
}

/** A signature, or `undefined` and why not, at the pointer of who wrote it. */
export function readFunction(report: Report, pointer: string, signature: string): ParsedFunction | undefined {
  return attempt(
    () => parseFunction(signature),
    ScopeError,
    ({ issues }) => {
      for (const issue of issues) report.issues.push({ ...issue, pointer })
      return undefined
    },
  )
}

function checkAmountArgument(report: Report, pointer: string, name: string, parsed: ParsedFunction | undefined): void {
  if (parsed === undefined) return
  const input = inputNamed(parsed, name)
  if (input === undefined) {
    unknownArgument(report, pointer, name, parsed)
    return
  }
  if (abiType(input.type).kind === 'uint') return
  const rest = {
    value: `${name}: ${input.type}`,
    bound: 'uint',
    fix: 'Name the unsigned argument that holds the amount.',
  }
  report.add('scope.amount_not_an_argument', pointer, 'This argument cannot hold an amount.', rest)
}

function unknownArgument(report: Report, pointer: string, name: string, parsed: ParsedFunction): void {
  const names = parsed.inputs.map((input) => input.name).filter((candidate) => candidate !== '')
  report.add('scope.unknown_argument', pointer, 'The function has no argument of this name.', {
    value: name,
    bound: names.join(', ').slice(0, 200),
    fix: 'Write the name as in the signature; name what the signature leaves nameless.',
  })
}

function chargeBudget(context: RuleContext, pointer: string, name: string, asset: Asset): void {
  const budget = Object.hasOwn(context.budgets, name) ? context.budgets[name] : undefined
  if (budget === undefined) {
    const rest = { value: name, fix: 'Add it under budgets, or correct the name.' }
    context.report.add('scope.unknown_budget', pointer, 'There is no budget of this name.', rest)
    return
  }
  context.used.add(name)
  if (Object.hasOwn(budget.assets, asset)) return
  // Spending that the budget does not count is spending without a limit.
  const rest = {
    value: asset,
    bound: Object.keys(budget.assets).join(', ').slice(0, 200),
    fix: 'Give the asset a weight in it.',
  }
  context.report.add('scope.budget_without_asset', pointer, 'This budget does not count the asset.', rest)
}
