import { encodeAbiParameters, getCreate2Address, keccak256, parseAbiParameters } from 'viem'
import type { KnownCaveat } from '../../src/caveats/codec.ts'
import type { RevocationMethod, TokenPeriod } from '../../src/caveats/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from './draw.ts'
import { type Around, type SketchedCaveat, STEP, type World } from './grantSketch.ts'
import { SELECTORS, word } from './sketchCall.ts'

const MAX = (1n << 256n) - 1n

/** One caveat of a kind, near what the action needs; now and then one that it does not pass. */
export function sketchCaveat(draw: Draw, world: World, kind: KnownCaveat['kind'], around: Around): SketchedCaveat {
  const { base: all, redeemer, about } = around
  const [base] = all
  const { now } = world
  const odd = chance(draw, 7)
  const near = BigInt(20 + draw.int(80))
  switch (kind) {
    case 'allowedCalldata':
      return sketchPin(draw, base, odd)
    case 'allowedMethods': {
      const own = base.data.length >= 10 ? (base.data.slice(0, 10) as Hex) : SELECTORS.transfer
      return { kind, selectors: odd ? ['0x095ea7b4'] : chance(draw, 50) ? [own] : ['0x12345678', own] }
    }
    case 'allowedTargets':
      return {
        kind,
        targets: odd ? [world.otherToken] : chance(draw, 50) ? [base.to] : [world.payees[1], base.to].filter(unique),
      }
    case 'approvalRevocation':
      return { kind, methods: odd ? ['permit2Lockdown'] : sketchMethods(draw) }
    case 'argsEqualityCheck': {
      const args = bytesOf(draw, draw.int(40))
      return { kind, args, added: chance(draw, 20) ? `${args}00` : args }
    }
    case 'blockNumber': {
      // A round mines a hundred blocks or so.
      const after = chance(draw, 40) ? 0n : world.block + BigInt(draw.int(140))
      const before =
        (after > world.block ? after : world.block) + BigInt(2 + draw.int(around.lean === 'refuse' ? 9 : 300))
      return { kind, after, before: chance(draw, 20) ? 0n : before }
    }
    case 'deployed':
      return sketchDeployed(draw, world)
    case 'erc1155BalanceChange':
      return {
        kind,
        ...sketchBalance(draw, world, around),
        token: around.lean === 'pass' ? world.mock : pick(draw, [world.mock, world.mock, world.token]),
        tokenId: 1n,
      }
    case 'erc20BalanceChange':
    case 'erc721BalanceChange':
      return {
        kind,
        ...sketchBalance(draw, world, around),
        token: around.lean === 'any' ? pick(draw, [world.token, world.mock, world.payees[0]]) : world.token,
      }
    case 'erc20TransferAmount':
      return { kind, token: odd ? world.otherToken : world.token, limit: bound(draw, near) }
    case 'nativeTransferAmount':
      return { kind, limit: bound(draw, near) }
    case 'erc20PeriodTransfer':
      return { kind, token: odd ? world.otherToken : world.token, ...sketchPeriod(draw, now, near) }
    case 'nativePeriodTransfer':
      return { kind, ...sketchPeriod(draw, now, near) }
    case 'erc20Streaming':
      return { kind, token: odd ? world.otherToken : world.token, ...sketchStream(draw, now, near) }
    case 'nativeStreaming':
      return { kind, ...sketchStream(draw, now, near) }
    case 'erc721Transfer': {
      const tokenId = base.data.length >= 202 ? BigInt(`0x${base.data.slice(138, 202)}`) : 1n
      return { kind, token: odd ? world.otherToken : world.mock, tokenId: chance(draw, 20) ? tokenId + 1n : tokenId }
    }
    case 'exactCalldata':
      return { kind, data: odd ? (`${base.data}00` as Hex) : base.data }
    case 'exactExecution':
      return { kind, target: odd ? world.otherToken : base.to, value: base.value, data: base.data }
    case 'exactExecutionBatch':
    case 'exactCalldataBatch': {
      const executions = all.map(({ to, value, data }) => ({ target: to, value, data }))
      return { kind, executions: odd ? executions.slice(1) : executions }
    }
    case 'id':
      return { kind, id: BigInt(draw.int(4)) }
    case 'limitedCalls':
      return { kind, limit: BigInt(1 + draw.int(3)) }
    case 'logicalOr':
      return sketchChoice(draw, world, around)
    case 'multiTokenPeriod':
      return sketchPeriods(draw, world, base, near)
    case 'nativeBalanceChange':
      return { kind, ...sketchBalance(draw, world, around) }
    case 'nativePayment':
      return {
        kind,
        recipient: pick(draw, world.payees),
        amount: near,
        added: pick(draw, ['0x', word2(32n, 0n)] as const),
      }
    case 'nonce':
      return { kind, nonce: chance(draw, 5) ? 7n : 0n }
    case 'ownershipTransfer':
      return { kind, target: odd ? world.otherToken : base.to }
    case 'redeemer':
      return { kind, redeemers: odd ? [world.payees[0]] : chance(draw, 50) ? [redeemer] : [world.payees[0], redeemer] }
    case 'specificActionBatch':
      return sketchSpecific(draw, world, all)
    case 'taskScope':
      return sketchTaskScope(draw, world, around, odd)
    case 'timestamp': {
      const after = chance(draw, 40) ? 0n : now + STEP * BigInt(draw.int(7) - 2)
      const before = (after > now ? after : now) + STEP * BigInt(1 + draw.int(chance(draw, 60) ? 8 : 40))
      return { kind, after, before: chance(draw, 15) ? 0n : before }
    }
    case 'valueLte':
      return { kind, max: about === 'native' && chance(draw, 30) ? base.value + BigInt(draw.int(20)) : base.value }
  }
}

/** One rule for each call of the action, with a budget of what it moves. */
function sketchTaskScope(draw: Draw, world: World, { base, redeemer }: Around, odd: boolean): SketchedCaveat {
  const fixed = chance(draw, 30)
  return {
    kind: 'taskScope',
    notBefore: world.now - STEP * BigInt(draw.int(3)),
    expiry: world.now + STEP * BigInt(1 + draw.int(40)),
    maxExecutions: chance(draw, 60) ? base.length : 0,
    group: bytesOf(draw, 8),
    guardian: chance(draw, 50) ? pick(draw, world.agents) : null,
    requestKey: null,
    confirmer: null,
    calls: chance(draw, 50) ? { max: BigInt(1 + draw.int(3)), period: chance(draw, 50) ? STEP : null } : null,
    redeemers: chance(draw, 70) ? [] : odd ? [world.payees[0]] : [world.payees[0], redeemer],
    budgets: [
      {
        window: fixed ? 'fixed' : 'rolling',
        period: STEP * BigInt(1 + draw.int(4)),
        cap: BigInt(1 + draw.int(100)),
        threshold: null,
      },
    ],
    rules: base.map(({ to, value, data }) => {
      const length = (data.length - 2) / 2
      const pays = length === 68
      return {
        target: odd ? world.otherToken : to,
        selector: length < 4 ? '0x' : (data.slice(0, 10) as Hex),
        length: length < 4 ? 0 : length,
        longer: false,
        maxValue: value,
        conditions: pays ? [{ op: 'at_most', word: 1, operand: BigInt(20 + draw.int(80)) }] : [],
        charges: [{ budget: 0, source: pays ? { word: 1 } : 'value', weight: 1n }],
        allowance: null,
        measured: null,
      }
    }),
  }
}

const METHODS: readonly RevocationMethod[] = [
  'erc20Approve',
  'erc721Approve',
  'setApprovalForAll',
  'permit2Approve',
  'permit2Lockdown',
  'permit2InvalidateNonces',
]

function sketchMethods(draw: Draw): RevocationMethod[] {
  const methods = METHODS.filter(() => chance(draw, 85))
  return methods.length === 0 ? [...METHODS] : methods
}

/** A contract that is there, one that the enforcer can make, one that it cannot, and one that lands elsewhere. */
function sketchDeployed(draw: Draw, world: World): SketchedCaveat {
  const kind = 'deployed'
  const salt = bytesOf(draw, 32)
  const made = (bytecode: Hex) =>
    getCreate2Address({ from: world.deployer, salt, bytecodeHash: keccak256(bytecode) }).toLowerCase() as Address
  switch (draw.int(6)) {
    case 0:
      return { kind, address: made(FAILS), salt, bytecode: FAILS }
    case 1:
      return { kind, address: world.payees[1], salt, bytecode: DEPLOYS }
    case 2:
    case 3:
      return { kind, address: made(DEPLOYS), salt, bytecode: DEPLOYS }
    default:
      return { kind, address: world.token, salt, bytecode: FAILS }
  }
}

/** Creation code that leaves one byte of code, and one that leaves none. */
const DEPLOYS: Hex = '0x600160005360016000f3'
const FAILS: Hex = '0x60006000f3'

function sketchBalance(draw: Draw, world: World, { base: [base], lean }: Around) {
  const [, , bystander = base.to] = world.payees
  if (lean === 'pass') return { direction: 'decrease', recipient: bystander, amount: 0n } as const
  if (lean === 'refuse') return { direction: 'increase', recipient: bystander, amount: 1n << 40n } as const
  const direction = pick(draw, ['decrease', 'increase'] as const)
  const recipient = pick(draw, [...world.principals, ...world.payees, base.to])
  const amount = pick(draw, [0n, 0n, 1n, BigInt(draw.int(60)), base.value])
  return { direction, recipient, amount } as const
}

function sketchStream(draw: Draw, now: bigint, near: bigint) {
  const initial = chance(draw, 20) ? 0n : near / BigInt(1 + draw.int(4))
  return {
    initial,
    max: chance(draw, 5) ? MAX : initial + near,
    perSecond: chance(draw, 4) ? MAX / 40n : BigInt(draw.int(3)),
    start: now + STEP * BigInt(chance(draw, 25) ? draw.int(4) : -draw.int(3)),
  }
}

/** Some periods, among them mostly one for what the call moves; the redeemer picks that one, or another, or none. */
function sketchPeriods(draw: Draw, world: World, base: Call, near: bigint): SketchedCaveat {
  const token = base.data === '0x' ? NATIVE : base.to
  const others = Array.from({ length: draw.int(3) }, () => pick(draw, [world.otherToken, world.token, NATIVE]))
  const at = draw.int(others.length + 1)
  const periods = others
    .toSpliced(at, 0, token)
    .map((entry): TokenPeriod => ({ token: entry, ...sketchPeriod(draw, world.now, near) }))
  const index = chance(draw, 85) ? BigInt(at) : BigInt(draw.int(4))
  const added: Hex = chance(draw, 4) ? '0x00' : `0x${word(index)}${chance(draw, 10) ? '00' : ''}`
  return { kind: 'multiTokenPeriod', periods, added }
}

const NATIVE: Address = `0x${'00'.repeat(20)}`

function sketchSpecific(draw: Draw, world: World, [first, second = first]: Around['base']): SketchedCaveat {
  const transfer = second.data.length === 138
  return {
    kind: 'specificActionBatch',
    token: chance(draw, 7) ? world.otherToken : second.to,
    recipient: transfer ? `0x${second.data.slice(34, 74)}` : world.payees[0],
    amount: transfer ? BigInt(`0x${second.data.slice(74)}`) + BigInt(chance(draw, 7) ? 1 : 0) : 1n,
    first: { target: first.to, value: first.value, data: first.data },
  }
}

/** Kinds that keep nothing, and one that does. */
const WRAPPED = ['valueLte', 'timestamp', 'redeemer', 'allowedTargets', 'argsEqualityCheck', 'exactCalldata'] as const

/** Groups of which the redeemer picks one, sometimes one that there is not; now and then one that keeps a counter. */
function sketchChoice(draw: Draw, world: World, around: Around): SketchedCaveat {
  const groups = Array.from({ length: 1 + draw.int(3) }, () =>
    Array.from({ length: draw.int(3) }, () =>
      sketchCaveat(draw, world, chance(draw, 25) ? 'limitedCalls' : pick(draw, WRAPPED), around),
    ),
  )
  const index = chance(draw, 5) ? groups.length : draw.int(groups.length)
  const args = (groups[index] ?? []).map(({ added = '0x' }) => added)
  return {
    kind: 'logicalOr',
    groups: groups.map((group) => group.map(({ added: _, ...meaning }) => ({ meaning, args: '0x' as const }))),
    added: selectGroup(index, chance(draw, 5) ? [...args, '0x'] : args),
  }
}

/** What a redeemer adds to a wrapper: which group, and the bytes for each of its caveats. */
export function selectGroup(index: number, args: readonly Hex[]): Hex {
  return encodeAbiParameters(parseAbiParameters('(uint256 groupIndex, bytes[] caveatArgs)'), [
    { groupIndex: BigInt(index), caveatArgs: [...args] },
  ])
}

function sketchPeriod(draw: Draw, now: bigint, near: bigint): { amount: bigint; duration: bigint; start: bigint } {
  return {
    amount: chance(draw, 4) ? MAX : near,
    duration: chance(draw, 6) ? 1n << 200n : STEP * BigInt(1 + draw.int(4)),
    start: now + STEP * BigInt(chance(draw, 20) ? draw.int(5) : -draw.int(20)),
  }
}

/** Bytes of the call fixed in one place: the selector, a payee, an argument, a part of the amount. */
function sketchPin(draw: Draw, base: Call, odd: boolean): KnownCaveat {
  const kind = 'allowedCalldata'
  const bytes = (base.data.length - 2) / 2
  const cut = (start: number, length: number): Hex => `0x${base.data.slice(2 + start * 2, 2 + (start + length) * 2)}`
  if (bytes < 4) return { kind, start: BigInt(draw.int(3)), value: '0x00' }
  if (odd) {
    const starts = [BigInt(bytes), BigInt(bytes - 1), (1n << 32n) - 2n, 100_000n]
    return { kind, start: pick(draw, starts), value: pick(draw, ['0x00', '0x0001'] as const) }
  }
  if (chance(draw, 55) && bytes >= 36) return { kind, start: 4n, value: cut(4, 32) }
  // Part of the amount word: its high bytes, its low bytes, or all of it.
  if (chance(draw, 40) && bytes >= 68) {
    const start = pick(draw, [36, 36, 60, 67])
    return {
      kind,
      start: BigInt(start),
      value: cut(
        start,
        pick(
          draw,
          [1, 8, 32].filter((size) => start + size <= 68),
        ),
      ),
    }
  }
  const start = draw.int(bytes)
  return { kind, start: BigInt(start), value: cut(start, 1 + draw.int(Math.min(40, bytes - start))) }
}

function bound(draw: Draw, near: bigint): bigint {
  if (chance(draw, 5)) return 0n
  return chance(draw, 5) ? MAX - BigInt(draw.int(2)) : near
}

function word2(first: bigint, second: bigint): Hex {
  return `0x${word(first)}${word(second)}`
}

function unique<item>(entry: item, index: number, all: readonly item[]): boolean {
  return all.indexOf(entry) === index
}
