import type { Revocation } from '../../chain/revoke.ts'
import type { Grant } from '../../grant/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context, Data } from '../command.ts'
import { confirm, YES } from '../confirm.ts'
import { openEnding } from '../endingGrant.ts'
import { KeyError } from '../errors.ts'
import { storedGrants } from '../grantStore.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { Journal, type Recorded } from '../journal.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { facts, lines, type Rich, styled } from '../output.ts'
import { CHAIN_OPTIONS, type Session } from '../session.ts'

export const revoke: Command = {
  name: 'revoke',
  summary: 'End a grant on chain, prove it, and list what died with it',
  description:
    'Disables the links of the signing account, waits for inclusion and reads the chain. Revoking what is revoked already is a success. Everything handed on from it dies too.',
  arguments: [{ name: 'grant', description: 'file, id, beginning of an id, task, or -' }],
  options: [
    {
      flags: '--delegator <account>',
      description: 'the contract account whose owner signs, where the signer is not itself a delegator',
    },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit revoke invoices-2026-11 --account local:principal',
    'ambit revoke 0x64365f --rpc-url $RPC --account treasury --yes',
  ],
  async run(context) {
    const { grant, session } = await openEnding(context, context.args[0] ?? '')
    const signer = await loadSigner(context, session.choice)
    const named = context.options['delegator'] as string | undefined
    const { readAccount } = await import('../grantFlags.ts')
    const delegator = named === undefined ? undefined : await readAccount(context, named)
    assertDelegator(grant, delegator ?? (signer.address.toLowerCase() as Address))
    const head = renderScopeHead(grant.scopes.at(-1) as Scope)
    await confirm(
      context,
      lines(head),
      `End this grant as ${delegator ?? signer.address}? It cannot be used afterwards.`,
    )
    context.output.progress('Revoking, and waiting for the chain…')
    const chain = await import('../../chain/revoke.ts')
    const ended = await chain.revoke(session.node, {
      grant,
      environment: session.environment,
      account: signer,
      ...(delegator === undefined ? {} : { delegator }),
    })
    await session.save()
    const receipts = await record(context, session, grant, ended)
    const orphans = await descendantsHere(context, grant, ended)
    const sent = ended.revoked.some(({ transactionHash }) => transactionHash !== null)
    return {
      data: {
        grant: grantData(grant),
        alreadyRevoked: !sent,
        revoked: ended.revoked as unknown as Data,
        died: ended.died,
        grantsDied: orphans,
        seconds: ended.seconds,
        receipts: receipts.map(({ id }) => id),
      },
      text: lines(
        head,
        styled('green', sent ? 'Revoked, and proven on chain.' : 'It was revoked already: nothing was sent.'),
        facts([
          ...ended.revoked.map(({ hash, transactionHash, blockNumber }): [string, Rich] => [
            'disabled',
            `${hash} at block ${blockNumber}${transactionHash === null ? '' : `, transaction ${transactionHash}`}`,
          ]),
          ...ended.died.map((hash): [string, Rich] => ['died', hash]),
          ...orphans.map((id): [string, Rich] => ['died here', `grant ${id}`]),
          ...receipts.map(({ id }): [string, Rich] => ['receipt', id]),
          ['took', `${ended.seconds.toFixed(1)} s`],
        ]),
      ),
    }
  },
}

/** Said before anybody is asked to confirm: only a delegator can end its links. */
function assertDelegator(grant: Grant, account: Address): void {
  const delegators = [...new Set(grant.delegations.map(({ delegator }) => delegator))]
  if (delegators.includes(account)) return
  throw new KeyError('key.wrong_signer', 'No link of this grant is from this account.', {
    details: { account, delegators },
    fix: 'Revoke with the account of one of its delegators; where that is a contract account, name it with --delegator.',
  })
}

/** One receipt for each transaction; one for what had ended before. */
async function record(context: Context, session: Session, grant: Grant, ended: Revocation): Promise<Recorded[]> {
  const { readBlock } = await import('../../chain/block.ts')
  const { revocationReceipt } = await import('../../receipt/revocationReceipt.ts')
  const { descendantsOf } = await import('../../grant/descendants.ts')
  const journal = new Journal(context)
  const groups = new Map<string, Revocation['revoked'][number][]>()
  for (const link of ended.revoked) {
    const key = `${link.transactionHash}:${link.blockNumber}`
    groups.set(key, [...(groups.get(key) ?? []), link])
  }
  const finalized = await finalizedBlock(session)
  const receipts: Recorded[] = []
  for (const [, links] of groups) {
    const { transactionHash, blockNumber } = links[0] as Revocation['revoked'][number]
    const { number, hash } = await readBlock(session.node, { number: blockNumber })
    const delegations = links.map((link) => link.hash)
    const ending = {
      act: 'disable' as const,
      delegations,
      died: descendantsOf(grant, delegations),
      ...(transactionHash === null ? {} : { transactionHash }),
      block: { number, hash },
      final: finalized !== undefined && finalized >= number,
    }
    receipts.push(await journal.issue(revocationReceipt({ grant, ending, layer: 'wallet' })))
  }
  return receipts
}

async function finalizedBlock({ node }: Session): Promise<bigint | undefined> {
  const { readBlock } = await import('../../chain/block.ts')
  const { ChainError } = await import('../../chain/errors.ts')
  try {
    return (await readBlock(node, 'finalized')).number
  } catch (error) {
    // Some chains know no finality: then nothing is said to be final.
    if (error instanceof ChainError) return undefined
    throw error
  }
}

/** Other grants of this machine that contain an ended link. */
async function descendantsHere(context: Context, grant: Grant, ended: Revocation): Promise<Hex[]> {
  const { hashDelegation } = await import('../../delegation/hash.ts')
  const dead = new Set<Hex>(ended.revoked.map(({ hash }) => hash))
  return (await storedGrants(context)).flatMap((entry) => {
    if (!('grant' in entry) || entry.grant.id === grant.id) return []
    return entry.grant.delegations.some((delegation) => dead.has(hashDelegation(delegation))) ? [entry.grant.id] : []
  })
}
