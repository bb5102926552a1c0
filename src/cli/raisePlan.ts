import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { AmbitError } from '../errors.ts'
import { type NonceFate, nonceFate } from '../grant/ending.ts'
import type { Grant } from '../grant/types.ts'
import type { Address } from '../primitives/hex.ts'
import type { Context, Data } from './command.ts'
import { storedGrants } from './grantStore.ts'
import { storedKillSwitches } from './killSwitches.ts'
import { lines, type Rich, styled, table, untrusted } from './output.ts'
import { chainOf, readPermissions } from './permissions.ts'
import { section } from './scopeText.ts'

/** One thing known here, and what becomes of it when a nonce is raised. */
export type Known = { kind: 'grant' | 'wallet' | 'killSwitch'; name: string; what: string; fate: NonceFate }

export type RaisePlan = { account: Address; nonce: bigint; known: readonly Known[]; ends: readonly Grant[] }

/** What is known here to end and to stay when an account's nonce is raised. Files that cannot be read are reported. */
export async function planRaise(
  context: Context,
  raise: { environment: Environment; account: Address; nonce: bigint },
): Promise<RaisePlan> {
  const { environment, account, nonce } = raise
  const known: Known[] = []
  const ends: Grant[] = []
  for (const entry of await storedGrants(context)) {
    if (!('grant' in entry)) {
      context.output.warn(`Grant ${entry.id} cannot be read: whether it ends is not known.`)
      continue
    }
    const { grant } = entry
    const scope = grant.scopes.at(-1)
    const fate = nonceFate(grant, raise)
    const what = `${scope?.task.id ?? ''} for ${scope?.delegate ?? ''}, group ${scope?.revocation.group ?? ''}`
    known.push({ kind: 'grant', name: grant.id, what, fate })
    if (fate.fate === 'ends') ends.push(grant)
  }
  await asFarAsRead(context, 'permission of a wallet', async () => {
    for (const permission of readPermissions(context.home())) {
      const fate = nonceFate(await chainOf(permission, environment), raise)
      known.push({ kind: 'wallet', name: permission.name, what: 'permission of a wallet', fate })
    }
  })
  await asFarAsRead(context, 'kill switch', async () => {
    for (const { delegation, chainId, manager } of await storedKillSwitches(context)) {
      const chain = { chainId, manager, delegations: [delegation], branches: [{ links: [0] }] }
      const name = `guardian ${delegation.delegate}`
      known.push({
        kind: 'killSwitch',
        name,
        what: `kill switch ${hashDelegation(delegation)}`,
        fate: nonceFate(chain, raise),
      })
    }
  })
  return { account, nonce, known, ends }
}

const WALLETS =
  'Every permission that a wallet granted for this account ends too, also those not known here: MetaMask puts this nonce into each.'
const UNTOUCHED =
  'Not touched: delegations without a nonce caveat (grants in one caveat end with their group), grants of other accounts, other chains, and the guardian’s kill switch.'

const STAYS: Readonly<Record<Extract<NonceFate, { fate: 'stays' }>['why'], string>> = {
  other_deployment: 'of another chain or manager',
  other_account: 'of another account',
  no_nonce: 'carries no nonce: revoke it by itself, or its group with `ambit revoke <grant> --group`',
  ended_before: 'has ended before',
}

/** What ends and what does not, before anybody confirms. */
export function renderRaise({ account, nonce, known }: RaisePlan): Rich {
  const dying = known.filter(({ fate }) => fate.fate === 'ends')
  const rising = known.filter(({ fate }) => fate.fate === 'begins')
  const staying = known.filter(({ fate }) => fate.fate === 'stays')
  return lines(
    `Raises the nonce of ${account} from ${nonce}: every delegation of it that carries ${nonce} ends, for good.`,
    dying.length === 0
      ? styled('yellow', 'Nothing that is known here ends.')
      : section(
          'What ends',
          list(dying, ({ fate }) => (fate.fate === 'ends' && !fate.whole ? 'a part of it' : '')),
        ),
    styled('yellow', WALLETS),
    rising.length === 0
      ? undefined
      : section(
          'What comes ALIVE with it, for it was signed ahead',
          list(rising, () => 'revoke it first'),
        ),
    staying.length === 0
      ? undefined
      : section(
          'What does not end',
          list(staying, ({ fate }) => (fate.fate === 'stays' ? STAYS[fate.why] : '')),
        ),
    UNTOUCHED,
  )
}

export function raiseData({ account, nonce, known }: RaisePlan): Data {
  return {
    account,
    nonce,
    known: known.map(({ kind, name, what, fate }) => ({ kind, name, what, ...fate })),
    alsoEnds: WALLETS,
    untouched: UNTOUCHED,
  }
}

function list(known: readonly Known[], note: (known: Known) => string): Rich {
  return table(
    ['NAME', 'WHAT', 'NOTE'],
    known.map((it) => [it.name, untrusted(it.what).slice(1, -1), note(it)]),
  )
}

/** A file that cannot be read must not keep anybody from ending everything: what ends is ended unnamed, and that is said. */
async function asFarAsRead(context: Context, what: string, read: () => Promise<void>): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    context.output.warn(`A ${what} that is kept here cannot be read (${error.code}): not all that ends is named.`)
  }
}
