import type { Call } from '../../src/delegation/execution.ts'
import { concatBytes, type Hex, sliceBytes, uintToBytes } from '../../src/primitives/hex.ts'
import { encodeArguments } from '../../src/scope/calldata.ts'
import { parseFunction } from '../../src/scope/function.ts'
import type { CallRule, Scope } from '../../src/scope/types.ts'
import { AGENTS, PAYEES, PRINCIPAL } from '../oracles/scopePairs.ts'
import { chance, type Draw, pick } from './draw.ts'

const ACCOUNTS = [...PAYEES, PRINCIPAL, ...AGENTS]

/** Calls near what a scope admits: of one of its rules, with values around the small bounds that such scopes have. */
export function drawCalls(draw: Draw, scope: Scope): readonly Call[] {
  const rule = pick(draw, scope.rules)
  if (rule.class === 'transfer') {
    const to = rule.to === 'anyone' || chance(draw, 20) ? pick(draw, ACCOUNTS) : pick(draw, rule.to)
    const amount = BigInt(draw.int(6))
    if (rule.asset === 'native') return [{ to, value: amount, data: '0x' }]
    const data = concatBytes('0xa9059cbb', uintToBytes(BigInt(to), 32), uintToBytes(amount, 32))
    return [
      { to: rule.asset, value: chance(draw, 5) ? 1n : 0n, data: chance(draw, 3) ? sliceBytes(data, 0, 67) : data },
    ]
  }
  const call = { to: rule.target, value: BigInt(draw.int(3)), data: drawCalldata(draw, rule) }
  const around = rule.allowance !== undefined ? chance(draw, 90) : chance(draw, 5)
  return around ? surrounded(draw, rule, call) : [call]
}

function drawCalldata(draw: Draw, rule: CallRule): Hex {
  const parsed = parseFunction(rule.function)
  const values = parsed.inputs.map(({ type }) => {
    if (type === 'address') return pick(draw, ACCOUNTS)
    return type === 'int8' ? pick(draw, ['-128', '-1', '0', '1', '127']) : `${pick(draw, [0, 1, 2, 3, 4, 255])}`
  })
  const data = encodeArguments(parsed, values, { principal: PRINCIPAL, delegate: AGENTS[0] })
  if (!chance(draw, 8)) return data
  // A bit beside the type of the first or the second argument: some targets would cut it off.
  const at = 2 + 8 + 64 * draw.int(parsed.inputs.length)
  return `0x${data.slice(2, at)}4${data.slice(at + 1)}`
}

/** Approve, call, approve zero: of the call's amount, mostly. */
function surrounded(draw: Draw, { target, allowance, function: signature }: CallRule, call: Call): Call[] {
  const parsed = parseFunction(signature)
  const place = parsed.inputs.find(({ name }) => name === allowance?.amount)?.headOffset ?? 0
  const amount = BigInt(sliceBytes(call.data, 4 + place, 36 + place)) + (chance(draw, 5) ? 1n : 0n)
  const approve = (asked: bigint): Call => ({
    to: allowance?.asset ?? target,
    value: 0n,
    data: concatBytes('0x095ea7b3', uintToBytes(BigInt(target), 32), uintToBytes(BigInt.asUintN(256, asked), 32)),
  })
  const all = [approve(amount), call, approve(chance(draw, 4) ? 1n : 0n)]
  return chance(draw, 4) ? all.slice(0, 2) : all
}
