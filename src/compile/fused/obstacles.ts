import { childPointer } from '../../primitives/json.ts'
import { abiType } from '../../scope/abi.ts'
import { inputNamed } from '../../scope/function.ts'
import type { CompileErrorCode } from '../errors.ts'
import type { Obstacle } from '../obstacles.ts'
import type { Resolved, ResolvedCall, ResolvedTransfer } from '../resolve.ts'
import { isExpressible } from './conditions.ts'
import { orderConflicts } from './order.ts'

/**
 * Everything that one caveat cannot express, in the order of the scope. Nothing of it can be left to the redeemer: whoever
 * reads a fused grant may take it that all of the scope is held on chain.
 */
export function findFusedObstacles({ scope, rules }: Resolved): readonly Obstacle[] {
  const counted = scope.calls !== undefined
  const out = rules.flatMap((rule) => (rule.class === 'transfer' ? ofTransfer(rule, counted) : ofCall(rule, counted)))
  const measures = rules.some((rule) => rule.class === 'call' && rule.rule.spends.some(({ measured }) => measured))
  if (measures && scope.escalation !== undefined) out.push(obstacle('/escalation', 'compile.measured_escalation'))
  for (const { rule, before, because } of orderConflicts(scope)) {
    const fix = `Put it before /rules/${before}, or name other payees or arguments in one of them.`
    const code = 'compile.rule_order'
    out.push({ pointer: `/rules/${rule}`, code, message: ORDER[because], fix, acceptable: false })
  }
  if (scope.calls?.window === 'rolling') out.push(obstacle('/calls', 'compile.rolling_calls'))
  return out
}

function ofTransfer({ pointer, rule, max, cap }: ResolvedTransfer, counted: boolean): Obstacle[] {
  const out: Obstacle[] = []
  if (rule.asset === 'native' && rule.to === 'anyone') out.push(obstacle(`${pointer}/to`, 'compile.native_anyone'))
  // One action is bounded by `max`, and actions by their number: together they are a bound, each alone is none.
  if (cap === null && (max === null || !counted)) out.push(obstacle(pointer, 'compile.unbounded'))
  return out
}

function ofCall({ pointer, rule, fn, value }: ResolvedCall, counted: boolean): Obstacle[] {
  const out = Object.entries(rule.args).flatMap(([name, condition]) => {
    const input = inputNamed(fn, name)
    const held = input !== undefined && isExpressible(abiType(input.type), condition)
    return held ? [] : [obstacle(childPointer(`${pointer}/args`, name), 'compile.condition')]
  })
  const [first, ...others] = rule.spends.flatMap(({ measured, asset }, index) => (measured ? [{ asset, index }] : []))
  for (const { asset, index } of others) {
    if (asset !== first?.asset) out.push(obstacle(`${pointer}/spends/${index}`, 'compile.measured_assets'))
  }
  const charged = rule.spends.some(({ asset }) => asset === 'native')
  if (value > 0n && !counted && !charged) out.push(obstacle(`${pointer}/value`, 'compile.unbounded'))
  return out
}

function obstacle(pointer: string, code: keyof typeof TEXT & CompileErrorCode): Obstacle {
  const [message, fix] = TEXT[code]
  return { pointer, code, message, fix, acceptable: false }
}

const ORDER = {
  asks: 'An earlier rule asks for a confirmation of what this one admits unasked, and on chain the first one decides.',
  measures: 'An earlier rule measures what this one would admit too, and on chain the first one decides.',
} as const

const TEXT = {
  'compile.native_anyone': [
    'A payment of native coin is a call of whom it pays, and a rule names whom it calls.',
    'Name the payees, or let a contract that pays be called.',
  ],
  'compile.rolling_calls': [
    'Calls are counted for the life of the grant or in fixed windows, not in every interval.',
    'Use a fixed window for `calls`, or give a budget a rolling one.',
  ],
  'compile.condition': [
    'Of a dynamic argument the caveat compares the length and the hash, for equality.',
    'Name the values that are allowed with `eq` or `in`.',
  ],
  'compile.measured_assets': [
    'A rule measures one asset: of several nobody could tell which call moved what.',
    'Measure one asset in a rule, and let the others be declared by an argument.',
  ],
  'compile.measured_escalation': [
    'What is measured is known only when all is over, and then nobody can be asked any more.',
    'Leave `escalation` out, or let the amount be declared by an argument.',
  ],
  'compile.unbounded': [
    'Nothing on chain would bound how much this rule lets go.',
    'Give it a budget, or a maximum for one action together with `calls`.',
  ],
} as const
