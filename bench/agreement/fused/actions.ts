import type { Address, Hex } from '../../../src/primitives/hex.ts'
import type { PreparedBranch } from '../../../src/verdict/prepared.ts'
import { digestOf } from '../../../src/verdict/taskScope/requests.ts'
import type { Action, ActionRequest, Call } from '../../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import { SELECTORS, word } from '../../../test/arbitraries/sketchCall.ts'
import type { Rig } from '../rig.ts'

const MAX = (1n << 256n) - 1n

/** What a case is drawn from. `amounts`: where the budgets of the branch end at this state. */
export type Near = {
  draw: Draw
  rig: Rig
  world: World
  branch: PreparedBranch
  now: bigint
  amounts: readonly bigint[]
}

/** An action next to one that the terms were made for: one thing changed, or several calls as a batch, with or without a request. */
export async function nearFused(near: Near, bases: readonly (readonly Call[])[]): Promise<Action> {
  const { draw, world, branch } = near
  const base = pick(draw, bases)
  let calls: readonly Call[] = base.map((call) => (chance(draw, base.length > 1 ? 8 : 45) ? changed(near, call) : call))
  if (base.length > 1 && chance(draw, 25)) calls = resized(near, base)
  if (base.length > 1 && chance(draw, 12))
    calls = pick(draw, [base.slice(0, 2), base.slice(1), base.slice(1, 2), base.toReversed()])
  if (chance(draw, 25)) calls = [...calls, ...pick(draw, bases), ...(chance(draw, 30) ? pick(draw, bases) : [])]
  if (chance(draw, 3)) calls = Array.from({ length: 4 + draw.int(9) }, () => calls[0] as Call)
  const delegate = branch.links[0]?.delegate as Address
  const redeemer = world.agents.includes(delegate) && !chance(draw, 4) ? delegate : pick(draw, world.agents)
  return signed(near, { chainId: world.chainId, redeemer, calls: calls.slice(0, 40) })
}

/** What an escalation asks for: the confirmer's signature over the request of the link that wants it. */
export async function confirmed(
  { rig, now }: Near,
  branch: PreparedBranch,
  action: Action,
  { delegation, confirmer }: { delegation: Hex; confirmer: Address },
): Promise<Action> {
  const link = branch.links.find(({ hash }) => hash === delegation)
  const terms = link?.caveats.find(({ taskScope }) => taskScope !== null)?.taskScope
  if (link === undefined || terms === undefined || terms === null) return action
  const given = link.hop === 0 ? action.request : action.requestsAbove?.[delegation]
  const { number, deadline, signature } = given ?? { number: 12_345n, deadline: now + 60n, signature: null }
  const confirmation = await signDigest(rig, confirmer, digestOf(terms, action, { number, deadline }))
  const request = { number, deadline, signature, confirmation }
  return link.hop === 0
    ? { ...action, request }
    : { ...action, requestsAbove: { ...action.requestsAbove, [delegation]: request } }
}

/** With a request for every link that may ask for one: mostly right, else wrong in one way. */
export async function signed(near: Near, action: Action): Promise<Action> {
  const { draw, rig, world, branch, now } = near
  let out = action
  for (const { hop, hash, caveats } of branch.links) {
    const terms = caveats.find(({ taskScope }) => taskScope !== null)?.taskScope
    const { requestKey: key = null, confirmer = null } = terms?.terms ?? {}
    if (terms === undefined || terms === null || (key === null && confirmer === null)) continue
    if (caveats.length > 1 || chance(draw, key === null ? 40 : 6)) continue
    const number = pick(draw, [0n, 1n, 2n, 255n, 256n, 2n ** 64n - 1n])
    const deadline = chance(draw, 85) ? now + BigInt(draw.int(60)) : now - BigInt(draw.int(3))
    const about = chance(draw, 90) ? action : { calls: [...action.calls, ...action.calls].slice(0, 40) }
    const digest = digestOf(terms, about, { number, deadline })
    const sign = async (signer: Address) =>
      altered(draw, await signDigest(rig, chance(draw, 92) ? signer : pick(draw, world.agents), digest))
    const request: ActionRequest = {
      number,
      deadline,
      signature: key === null || chance(draw, 4) ? null : await sign(key),
      confirmation: chance(draw, confirmer === null ? 5 : 35) ? await sign(confirmer ?? world.agents[0]) : null,
    }
    out = hop === 0 ? { ...out, request } : { ...out, requestsAbove: { ...out.requestsAbove, [hash]: request } }
  }
  return out
}

async function signDigest(rig: Rig, signer: Address, hash: Hex): Promise<Hex> {
  const account = rig.account(signer)
  return account.sign({ hash })
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** Seldom another spelling of the same signature, or one bit of it. */
function altered(draw: Draw, signature: Hex): Hex {
  if (!chance(draw, 6)) return signature
  if (chance(draw, 50))
    return `0x${signature.slice(2, 4)}${(Number(`0x${signature.slice(4, 6)}`) ^ 1).toString(16).padStart(2, '0')}${signature.slice(6)}`
  const [r, s, v] = [signature.slice(2, 66), BigInt(`0x${signature.slice(66, 130)}`), signature.slice(130)]
  return `0x${r}${word(ORDER - s)}${v === '1b' ? '1c' : '1b'}`
}

/** The three calls of an allowance with another amount in all of them. */
function resized({ draw, amounts }: Near, base: readonly Call[]): Call[] {
  const amount = pick(draw, amounts)
  return base.map((call, at) => (at === 2 ? call : withWord(call, 1, amount)))
}

function changed(near: Near, call: Call): Call {
  const { draw, rig, world, branch, amounts } = near
  const transfer = call.data.startsWith(SELECTORS.transfer)
  const amountWord = transfer || call.data.startsWith(SELECTORS.approve) ? 1 : 0
  switch (draw.int(20)) {
    case 0:
      return { ...call, value: call.value + pick(draw, [1n, 3n, 10n ** 20n]) }
    case 1:
      return { ...call, to: pick(draw, [world.token, world.mock, ...world.payees, ...world.principals, rig.manager]) }
    case 2:
      return { ...call, to: branch.links[0]?.caveats[0]?.enforcer ?? call.to }
    case 3:
      return { ...call, data: `${call.data}${pick(draw, ['00', '0'.repeat(64)])}` as Hex }
    case 4:
      return { ...call, data: call.data.slice(0, Math.max(2, call.data.length - 2 * (1 + draw.int(2)))) as Hex }
    case 5:
      return {
        ...call,
        data: pick(draw, ['0x', '0xa9', SELECTORS.transfer, `0xdeadbeef${call.data.slice(10)}`] as Hex[]),
      }
    case 6:
      return transfer
        ? withWord(call, 0, BigInt(pick(draw, [...world.payees, ...world.agents])))
        : withBytes(draw, call)
    case 7:
    case 8:
      return withBytes(draw, call)
    case 9:
      return chance(draw, 10) ? { ...call, data: `0x${call.data.slice(2)}${'00'.repeat(0x1_0000)}` } : call
    default: {
      const amount = pick(draw, amounts)
      return call.data === '0x' ? { ...call, value: amount } : withWord(call, amountWord, amount)
    }
  }
}

function withBytes(draw: Draw, call: Call): Call {
  const digits = call.data.slice(2)
  if (digits.length < 72) return call
  // Ends of words: where bits outside a type, small numbers and offsets are.
  const at = 4 + 32 * draw.int((digits.length - 8) / 64) + pick(draw, [0, 7, 8, 15, 16, 31])
  return {
    ...call,
    data: `0x${digits.slice(0, at * 2)}${bytesOf(draw, 1).slice(2)}${digits.slice(at * 2 + 2)}`.slice(
      0,
      call.data.length,
    ) as Hex,
  }
}

function withWord(call: Call, at: number, value: bigint): Call {
  const start = 10 + 64 * at
  if (call.data.length < start + 64 || value < 0n || value > MAX) return call
  return { ...call, data: `${call.data.slice(0, start)}${word(value)}${call.data.slice(start + 64)}` as Hex }
}
