import { durationInWords, instantInWords, symbolText } from '../caveats/words.ts'
import type { CoverageRow } from '../compile/types.ts'
import { childPointer } from '../primitives/json.ts'
import { parseDuration, parseInstant } from '../primitives/time.ts'
import type { Asset, Scope } from '../scope/types.ts'

/** Assets named in one sentence. */
const MAX_NAMED = 4

/**
 * What the delegate can not do, whatever it signs and whoever holds its key: each sentence only where the chain holds what
 * it is made of. Symbols in it are the tokens' own words.
 */
export function cannotOf(scope: Scope, coverage: readonly CoverageRow[]): string[] {
  const held = new Set(coverage.flatMap(({ constraint, held }) => (held.by === 'chain' ? [constraint] : [])))
  const heldInEach = (part: string) => scope.rules.every((_rule, index) => held.has(`/rules/${index}/${part}`))
  const transfers = scope.rules.flatMap((rule) => (rule.class === 'transfer' ? [rule] : []))
  const onlyTransfers = transfers.length === scope.rules.length && heldInEach('asset')
  const payees = new Set(transfers.flatMap(({ to }) => (to === 'anyone' ? [] : to)))
  const sentences: (string | false)[] = [
    onlyTransfers && `Move anything but ${assetsText(scope, [...new Set(transfers.map(({ asset }) => asset))])}`,
    onlyTransfers && 'Approve a spender, or call any contract for another purpose',
    onlyTransfers &&
      heldInEach('to') &&
      transfers.every(({ to }) => to !== 'anyone') &&
      `Pay anybody but the ${payees.size === 1 ? 'one payee' : `${payees.size} payees`} named`,
    ...transfers.map(
      ({ max, asset }, index) =>
        onlyTransfers &&
        transfers.length === 1 &&
        max !== undefined &&
        held.has(`/rules/${index}/max`) &&
        `Move more than ${max} ${assetsText(scope, [asset])} at once`,
    ),
    ...Object.entries(scope.budgets).map(
      ([name, { max, per, window }]) =>
        held.has(childPointer('/budgets', name)) &&
        `Take more than ${max} from budget “${name}”${per === undefined ? ', ever' : ` in ${window === 'rolling' ? 'any interval' : 'one window'} of ${lengthText(per)}`}`,
    ),
    scope.calls !== undefined &&
      held.has('/calls') &&
      `Act more than ${scope.calls.max} times${scope.calls.per === undefined ? '' : ` in ${scope.calls.window === 'rolling' ? 'any interval' : 'one window'} of ${lengthText(scope.calls.per)}`}`,
    scope.notBefore !== undefined &&
      held.has('/notBefore') &&
      `Act before ${instantInWords(parseInstant(scope.notBefore))}`,
    held.has('/expiry') && `Act after ${instantInWords(parseInstant(scope.expiry))}`,
    scope.redelegation.maxDepth === 0 && held.has('/redelegation/maxDepth') && 'Hand any of it on',
  ]
  return sentences.filter((sentence) => sentence !== false)
}

function lengthText(per: string): string {
  return durationInWords(parseDuration(per)).text
}

function assetsText({ assets }: Scope, list: readonly Asset[]): string {
  const named = list
    .slice(0, MAX_NAMED)
    .map((asset) => (asset === 'native' ? 'the native coin' : symbolText(assets[asset]?.symbol ?? asset)))
  return `${named.join(', ')}${list.length > MAX_NAMED ? ` and ${list.length - MAX_NAMED} more` : ''}`
}
