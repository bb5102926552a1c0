import type { LocalAccount } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { descendantsOf } from '../grant/descendants.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readAccountCode } from './account.ts'
import { assertChain } from './assertChain.ts'
import { readBlock } from './block.ts'
import { encodeDisable } from './disable.ts'
import { ChainError } from './errors.ts'
import { sendAsHybrid } from './hybridOperations.ts'
import { included } from './included.ts'
import { isDisabled } from './isDisabled.ts'
import { type Link, linksToEnd } from './linksToEnd.ts'
import { assertEnvironment } from './readState.ts'
import type { NodeClient } from './rpc.ts'
import { type Sent, send } from './send.ts'

export type RevokeParameters = {
  /** The delegator, or the owner of the Hybrid account that is. */
  account: LocalAccount
  /** Whose links to end. Absent: the account itself. */
  delegator?: Address
  grant: Grant
  environment: Environment
  /** Milliseconds to wait for inclusion. Default 60,000. */
  timeout?: number
  pollingInterval?: number
}

export type Revocation = {
  /** Links that are disabled now, each with the block at which that was read. */
  revoked: readonly {
    hash: Hex /** `null`: it was disabled before. */
    transactionHash: Hex | null
    blockNumber: bigint
  }[]
  /** Links of this grant under those: dead with them. */
  died: readonly Hex[]
  /** From the call to the proof. */
  seconds: number
}

/**
 * Ends what a delegator granted: disables each of its links that no other of its links is above, waits for inclusion, and
 * reads that they are disabled in that very block. Idempotent: what is disabled already is a success and sends nothing.
 *
 * It ends this account's links and everything under them; links above it are not its to end.
 *
 * @throws {@link ChainError} `chain.nothing_to_revoke` where no link is the delegator's, `chain.wrong_chain`,
 * `chain.revocation_unproven`, `chain.principal_unsupported`, `chain.send_unknown` where time is up; those of `send`.
 */
export async function revoke(client: NodeClient, parameters: RevokeParameters): Promise<Revocation> {
  const started = performance.now()
  const { grant, environment, account } = parameters
  assertEnvironment(grant, environment)
  const delegator = parameters.delegator ?? (account.address.toLowerCase() as Address)
  const links = linksToEnd(grant, delegator)
  // A delegation has one hash on every chain: disabled on another one, it would look ended here.
  await assertChain(client, environment.chainId)
  const head = await readBlock(client)
  const standing = await Promise.all(
    links.map(async (link) => ({ ...link, disabled: await isDisabled(client, environment, link.hash, head.hash) })),
  )
  const open = standing.filter(({ disabled }) => !disabled)
  const before = standing
    .filter(({ disabled }) => disabled)
    .map(({ hash }) => ({ hash, transactionHash: null, blockNumber: head.number }))
  const ended = open.length === 0 ? [] : await disable(client, parameters, delegator, open, head.hash)
  const revoked = links.flatMap(({ hash }) => [...before, ...ended].find((entry) => entry.hash === hash) ?? [])
  return {
    revoked,
    died: descendantsOf(
      grant,
      revoked.map(({ hash }) => hash),
    ),
    seconds: (performance.now() - started) / 1_000,
  }
}

export { type Link, linksToEnd } from './linksToEnd.ts'

async function disable(
  client: NodeClient,
  parameters: RevokeParameters,
  delegator: Address,
  links: readonly Link[],
  block: Hex,
): Promise<Revocation['revoked']> {
  const { environment } = parameters
  const code = await readAccountCode(client, { address: delegator, environment, block })
  const sent =
    code.kind === 'contract'
      ? await asHybrid(client, parameters, delegator, links, block)
      : await asAccount(client, parameters, delegator, links)
  return Promise.all(links.map(async ({ hash }, index) => prove(client, parameters, hash, sent[index] as Sent)))
}

/** One transaction a link, all sent before any is waited for: the first to be included ends most. */
async function asAccount(
  client: NodeClient,
  { account, environment }: RevokeParameters,
  delegator: Address,
  links: readonly Link[],
): Promise<readonly Sent[]> {
  if (account.address.toLowerCase() !== delegator) {
    throw new ChainError('chain.wrong_account', 'Only the delegator itself can revoke its links.', {
      details: { account: account.address.toLowerCase(), delegator },
      fix: 'Revoke with the delegator’s account.',
    })
  }
  const sent: Sent[] = []
  for (const { delegation } of links) {
    const previous = sent.at(-1)
    sent.push(
      await send(client, {
        account,
        chainId: environment.chainId,
        to: environment.manager,
        data: encodeDisable(delegation),
        ...(previous === undefined ? {} : { nonce: previous.nonce + 1n }),
      }),
    )
  }
  return sent
}

async function asHybrid(
  client: NodeClient,
  { account, environment }: RevokeParameters,
  sender: Address,
  links: readonly Link[],
  block: Hex,
): Promise<readonly Sent[]> {
  const calls = links.map(({ delegation }) => encodeDisable(delegation))
  const sent = await sendAsHybrid(client, { account, sender, calls, environment, block })
  return links.map(() => sent)
}

/** That a transaction succeeded proves nothing; that the flag is set in its block does. */
async function prove(
  client: NodeClient,
  { environment, ...waiting }: RevokeParameters,
  hash: Hex,
  sent: Sent,
): Promise<Revocation['revoked'][number]> {
  try {
    const receipt = await included(client, sent, waiting)
    if (await isDisabled(client, environment, hash, receipt.blockHash)) {
      return { hash, transactionHash: sent.hash, blockNumber: receipt.blockNumber }
    }
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'chain.send_refused') throw error
    // Somebody may have been faster: a second disable reverts. What counts is that it is disabled.
    const { hash: block, number } = await readBlock(client)
    if (await isDisabled(client, environment, hash, block)) return { hash, transactionHash: null, blockNumber: number }
    throw error
  }
  throw new ChainError('chain.revocation_unproven', 'The delegation is not disabled after the transaction.', {
    details: { delegation: hash, transactionHash: sent.hash },
    fix: 'Treat the grant as alive; look at the transaction, and revoke again.',
    retry: 'reconcile',
  })
}
