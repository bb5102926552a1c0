import type { Environment } from '../caveats/types.ts'
import { type AccountCode, readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { readFacts } from '../chain/readFacts.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { checkGrant, type GrantCheck } from '../grant/check.ts'
import { failedCodes } from '../grant/checkRows.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { min } from '../primitives/integer.ts'
import type { Scope } from '../scope/types.ts'
import { readMeters } from '../verdict/meters.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { State } from '../verdict/types.ts'
import type { Asset } from './describe/words.ts'
import type { GetGrantStatusReturnType } from './getGrantStatus.ts'
import { isUsedUp, type Limit, limitsOf } from './ownLimits.ts'
import { readOwnEnd } from './readOwnEnd.ts'
import { readBalance, type Spending } from './readSpending.ts'

/**
 * How a grant of our own stands, by the checks that decide its redemptions: signatures and accounts, every end of every link,
 * and what each of them has counted. Loads the compiler: reached by a dynamic import only.
 *
 * @throws What `getGrantStatus` throws.
 */
export async function ownStatus(
  client: NodeClient,
  { grant, environment }: { grant: Grant; environment: Environment },
): Promise<GetGrantStatusReturnType> {
  const block = await readBlock(client)
  const { account, check, state } = await readOwn(client, { grant, environment, block })
  const prepared = prepareGrant(grant, environment)
  const meters = new Map(readMeters(prepared, state).map((node) => [node.delegation, node]))
  const limits = limitsOf(prepared, meters)
  const codes = failedCodes(check)
  const standing = standingOf(check)
  const usedUp = standing === 'active' && isUsedUp(prepared, { check, scope: grant.scopes.at(-1) as Scope, meters })
  const [spending, revocation] = await Promise.all([
    readOwnSpending(client, { principal: principalOf(grant), limits, begun: standing !== 'not_started', block }),
    readOwnEnd(client, { grant, check, environment, block }),
  ])
  return {
    status: usedUp ? 'exhausted' : standing,
    spending,
    revocation,
    upgraded: runsWhatItIsTold(account) && !codes.includes('no_code'),
    account,
    block,
    own: { codes, limits },
  }
}

/** The chain's facts of a grant and what they make of it, with the code of its principal, at one block. */
export async function readOwn(
  client: NodeClient,
  { grant, environment, block }: { grant: Grant; environment: Environment; block: Block },
): Promise<{ account: AccountCode; check: GrantCheck; state: State }> {
  const [account, { facts, state }] = await Promise.all([
    readAccountCode(client, { address: principalOf(grant), environment, block: block.hash }),
    readFacts(client, { grant, environment, block: { hash: block.hash } }),
  ])
  return { account, check: checkGrant(grant, facts), state }
}

type Standing = Exclude<GetGrantStatusReturnType['status'], 'exhausted'>

/** What stands in the way first. In doubt nobody can redeem it: a row that was not settled is no pass. */
function standingOf(check: GrantCheck): Standing {
  if (check.status === 'valid') return 'active'
  if (check.status === 'partial') return 'partial'
  const codes = failedCodes(check)
  const found = STANDINGS.find(([code]) => codes.includes(code))
  const others = codes.some((code) => STANDINGS.every(([known]) => known !== code))
  return found === undefined || (others && !ENDS.includes(found[1])) ? 'invalid' : found[1]
}

const STANDINGS: readonly (readonly [code: string, standing: Standing])[] = [
  ['revoked', 'revoked'],
  ['group_revoked', 'revoked'],
  ['expired', 'expired'],
  ['no_code', 'not_upgraded'],
  ['not_yet_valid', 'not_started'],
]
/** For ever, whatever else is wrong. */
const ENDS: readonly Standing[] = ['revoked', 'expired']

function principalOf({ scopes: [first] }: Grant): Address {
  return (first as Scope).principal
}

type Counting = { principal: Address; limits: readonly Limit[]; begun: boolean; block: Block }

/** Of the one thing of value that is counted. Of several nobody can say which the next action takes: the limits say each. */
async function readOwnSpending(
  client: NodeClient,
  { principal, limits, begun, block }: Counting,
): Promise<Spending | null> {
  const [only, ...more] = limits.filter(({ counts }) => counts !== 'calls')
  if (only === undefined || more.length > 0 || only.counts.startsWith('budget:')) return null
  const asset = only.counts as Asset
  const token: Hex | undefined = asset === 'native' ? undefined : asset
  const balance = await readBalance(client, principal, token, block.hash)
  // What nobody can read lets nothing through.
  const available = begun ? (only.left ?? 0n) : 0n
  return {
    asset,
    spent: only.used ?? only.limit,
    available,
    balance,
    movable: balance === null ? null : min(balance, available),
    resetsAt: only.resetsAt === null ? null : Number(only.resetsAt),
  }
}
