import type { Outcome } from '../outcome/types.ts'
import { formatInstant } from '../primitives/time.ts'
import type { Scope } from '../scope/types.ts'
import type { Action, Verdict } from '../verdict/types.ts'
import type { Data } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { facts, type Rich, styled } from './output.ts'

/** The verdict for people; amounts in base units, as the chain counts them, with the display form where one asset moves. */
export async function renderVerdict(verdict: Verdict, scope: Scope, action: Action): Promise<Rich> {
  const show = await amounts(scope, action)
  if (verdict.verdict === 'allow') {
    return facts([
      ['verdict', styled('green', 'allow')],
      ['rule', (verdict.rules ?? [verdict.rule]).join(', ')],
      verdict.remaining === null ? undefined : ['left after', show(verdict.remaining)],
    ])
  }
  if (verdict.verdict === 'escalate') {
    return facts([
      ['verdict', styled('yellow', 'escalate')],
      ['why', verdict.message],
      ['confirmer', verdict.confirmer],
      ['threshold', show(verdict.threshold)],
      ['requested', show(verdict.requested)],
    ])
  }
  return facts([
    ['verdict', [styled('red', 'deny'), ` [${verdict.code}]`]],
    ['why', verdict.message],
    verdict.hop === null
      ? undefined
      : ['decided by', `link ${verdict.hop} of ${verdict.delegator ?? ''}${caveatOf(verdict)}`],
    verdict.limit === null ? undefined : ['limit', show(verdict.limit)],
    verdict.used === null ? undefined : ['used', show(verdict.used)],
    verdict.requested === null ? undefined : ['requested', show(verdict.requested)],
    verdict.largestAllowed === null ? undefined : ['most now', show(verdict.largestAllowed)],
    verdict.resetsAt === null ? undefined : ['again at', instant(verdict.resetsAt)],
    ['to do', verdict.code === 'stopped' ? RESUME : fixText(verdict.fix, show)],
  ])
}

/** A denial or an escalation as the failure of a command. */
export function verdictFailure(verdict: Verdict): { error: CliError; exit: CliError['exit'] } | undefined {
  if (verdict.verdict === 'allow') return undefined
  if (verdict.verdict === 'escalate') {
    return failure('cli.escalated', EXIT.unsettled, 'This needs a confirmation, and nothing was sent.', {
      details: { confirmer: verdict.confirmer, seconds: verdict.timeout.toString() },
      fix:
        verdict.delegation === undefined
          ? 'Ask for less, or ask the principal for a grant that allows it.'
          : 'Ask for less, or have the confirmer sign: --confirm where its key is here, --confirmation otherwise.',
    })
  }
  return failure(verdict.code === 'stopped' ? 'cli.stopped' : 'cli.denied', EXIT.denied, 'The action is denied.', {
    details: { reason: verdict.code, family: verdict.family, hop: verdict.hop },
    fix: verdict.code === 'stopped' ? RESUME : fixText(verdict.fix, (amount) => `${amount} base units`),
  })
}

const RESUME = 'Ask whoever stopped it; `ambit resume` takes a local stop back.'

/** What the chain made of it as a failure, unless it was executed. */
export function outcomeFailure(outcome: Outcome): { error: CliError; exit: CliError['exit'] } | undefined {
  const details = { status: outcome.status, transactionHash: outcome.transactionHash }
  switch (outcome.status) {
    case 'executed':
      return undefined
    case 'pending':
    case 'unknown':
      return failure('cli.unsettled', EXIT.unsettled, 'It was sent, and what became of it is not known yet.', {
        details,
        fix: 'Run `ambit redeem` with this grant again later: it looks before it sends. Never send it a second time by hand.',
        retry: 'reconcile',
      })
    case 'reverted':
    case 'replaced':
    case 'ineffective':
      return failure('cli.reverted', EXIT.reverted, 'It did not do what was asked.', {
        details,
        fix: 'Look at the outcome; decide again before another attempt.',
      })
  }
}

export function outcomeData(outcome: Outcome): Data {
  return outcome as unknown as Data
}

function failure(...parameters: ConstructorParameters<typeof CliError>): { error: CliError; exit: CliError['exit'] } {
  return { error: new CliError(...parameters), exit: parameters[1] }
}

type Deny = Extract<Verdict, { verdict: 'deny' }>

function caveatOf({ caveat }: Deny): string {
  return caveat === null ? '' : `, caveat ${caveat.index + 1} (${caveat.kind})`
}

function fixText(fix: Deny['fix'], show: (amount: bigint) => string): string {
  switch (fix.do) {
    case 'lower_amount':
      return `Ask for at most ${show(fix.to)}.`
    case 'wait_until':
      return `Wait until ${instant(fix.time)}.`
    case 'pay_one_of':
      return `Pay one of ${fix.recipients.join(', ')}.`
    case 'call_one_of':
      return `Call one of ${fix.targets.map(({ target, selector }) => [target, selector].filter(Boolean).join(' ')).join(', ')}.`
    case 'set_value':
      return `Send ${fix.to} wei with the call.`
    case 'set_bytes':
      return `Set the call data at byte ${fix.at} to ${fix.bytes}.`
    case 'set_calldata':
      return `Use exactly the call data ${fix.data.slice(0, 200)}.`
    case 'redeem_as':
      return `Redeem as one of ${fix.redeemers.join(', ')}.`
    case 'send_one_call':
      return 'Send one call at a time.'
    case 'send_calls':
      return `Send exactly ${fix.calls.map(({ to, value, data }) => `${to} value ${value} data ${data.slice(0, 200)}`).join(', then ')}.`
    case 'send_fewer_calls':
      return `Send the first ${fix.to} ${fix.to === 1 ? 'call' : 'calls'} only, and the others in another redemption.`
    case 'in_call':
      return `In call ${fix.call + 1}: ${fixText(fix.fix, show)}`
    case 'sign_request':
      return `Have ${fix.key} sign a request for exactly this${fix.number === null ? '' : `, with number ${fix.number}`}.`
    case 'use_chain':
      return `Use chain ${fix.chainId}.`
    case 'simulate':
      return 'Have the chain run it first: what it moves is measured there.'
    case 'ask_for_a_new_grant':
      return 'Ask the principal for a new grant.'
    case 'retry_later':
      return 'Try again later.'
    case 'report_a_fault':
      return 'Report this: Ambit and the chain disagree.'
  }
}

function instant(seconds: bigint): string {
  return seconds <= 253_402_300_799n ? formatInstant(seconds) : 'never'
}

/** Amounts in display units where the one call of the action is about one asset whose decimals are known. */
async function amounts(scope: Scope, action: Action): Promise<(amount: bigint) => string> {
  const { formatAmount } = await import('../primitives/amount.ts')
  const [call] = action.calls
  if (call === undefined || action.calls.length !== 1) return String
  const native = call.data === '0x'
  const info = native ? { decimals: 18, symbol: 'native' } : scope.assets[call.to]
  if (info === undefined || (!native && !call.data.startsWith('0xa9059cbb'))) return String
  return (amount) => `${formatAmount(amount, info.decimals)} (${amount} base units)`
}
