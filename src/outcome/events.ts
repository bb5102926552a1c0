import { codecByKind } from '../caveats/registry.ts'
import type { EnforcerName, Environment } from '../caveats/types.ts'
import { decodeContext, encodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type Address, byteLength, bytesToUint, type Hex, sliceBytes } from '../primitives/hex.ts'
import type { LogEvidence } from './evidence.ts'
import type { Effect } from './types.ts'

/** Topic of `RedeemedDelegation(address,address,(address,address,bytes32,(address,bytes,bytes)[],uint256,bytes))`. */
export const REDEEMED: Hex = '0x40dadaa36c6c2e3d7317e24757451ffb2d603d875f0ad5e92c5dd156573b1873'
/** Topic of `Transfer(address,address,uint256)`. */
export const TRANSFER: Hex = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/** What each counting enforcer says when it counted: manager, redeemer and delegation hash are its topics. */
export const COUNTED: Readonly<Partial<Record<EnforcerName, Hex>>> = {
  [codecByKind.erc20TransferAmount.name]: '0xc026e493323d526061a052b5dd562495120e2f648797a48be61966d3a6beec8d',
  [codecByKind.nativeTransferAmount.name]: '0xc026e493323d526061a052b5dd562495120e2f648797a48be61966d3a6beec8d',
  [codecByKind.limitedCalls.name]: '0x449da07f2c06c9d1a6b19d2454ffe749e8cf991d22f686e076a1a4844c5ff370',
  [codecByKind.erc20PeriodTransfer.name]: '0xb2a345c7f80b4be490c405f4a994faf85384dd05da7d70be0801dc31a8c253af',
  [codecByKind.nativePeriodTransfer.name]: '0x22e1bbd8bc0380d336958afc37cd8cb128d6c43891ed276162c30e8df467734d',
}

/** What `RedeemedDelegation` carries for each link of a context: `abi.encode(Delegation)`, byte for byte. */
export function redeemedData(context: Hex): readonly Hex[] {
  return decodeContext(context).map((delegation) => {
    // As a list of one it has three words before it: offset, count, offset. Alone it has one.
    return `0x${word(32).slice(2)}${encodeContext([delegation]).slice(2 + 3 * 64)}` as const
  })
}

/** Is this the manager's report of a link that this redeemer redeemed from this principal? */
export function isRedeemed(
  log: LogEvidence,
  { manager, principal, redeemer }: { manager: Address; principal: Address; redeemer: Address },
): boolean {
  const [topic, root, by] = log.topics
  return (
    log.address === manager &&
    log.topics.length === 3 &&
    topic === REDEEMED &&
    root === addressWord(principal) &&
    by === addressWord(redeemer)
  )
}

/** An ERC-20 transfer that a token reports; `null` for any other log, an ERC-721 transfer included. */
export function transferOf(log: LogEvidence): Effect | null {
  const [topic, from, to] = log.topics
  if (topic !== TRANSFER || log.topics.length !== 3 || from === undefined || to === undefined) return null
  if (byteLength(log.data) !== 32 || !isAddressWord(from) || !isAddressWord(to)) return null
  return {
    asset: log.address,
    from: sliceBytes(from, 12),
    to: sliceBytes(to, 12),
    amount: bytesToUint(log.data),
    log: log.logIndex,
  }
}

/** Counting that a redemption of these delegations must have reported: enforcer, topic and delegation hash. */
export function expectedCounts(
  context: Hex,
  environment: Environment,
): readonly { enforcer: Address; topic: Hex; delegation: Hex }[] {
  const topics = new Map(
    Object.entries(COUNTED).flatMap(([name, topic]) => {
      const enforcer = environment.enforcers[name]
      return enforcer === undefined ? [] : [[enforcer, topic] as const]
    }),
  )
  return decodeContext(context).flatMap((delegation) => {
    const hash = hashDelegation(delegation)
    return delegation.caveats.flatMap(({ enforcer }) => {
      const topic = topics.get(enforcer)
      return topic === undefined ? [] : [{ enforcer, topic, delegation: hash }]
    })
  })
}

function isAddressWord(value: Hex): boolean {
  return value.startsWith(`0x${'00'.repeat(12)}`)
}

export function addressWord(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}

function word(value: number): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`
}
