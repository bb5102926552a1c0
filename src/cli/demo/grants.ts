import { randomBytes } from 'node:crypto'
import { bytesToHex } from 'viem'
import { readBlock } from '../../chain/block.ts'
import { decide } from '../../chain/decide.ts'
import { endGroup } from '../../chain/endGroup.ts'
import { revoke } from '../../chain/revoke.ts'
import { compile } from '../../compile/compile.ts'
import { signGrant } from '../../grant/create.ts'
import { descendantsOf } from '../../grant/descendants.ts'
import { groupFate, groupsOf } from '../../grant/ending.ts'
import type { Grant } from '../../grant/types.ts'
import type { Address } from '../../primitives/hex.ts'
import { grantReceipt } from '../../receipt/grantReceipt.ts'
import { revocationReceipt } from '../../receipt/revocationReceipt.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import type { Journal } from '../journal.ts'
import type { Holder } from './attempt.ts'
import type { KnownPayment, Payment } from './payments.ts'
import { scopeFor } from './scopes.ts'
import type { World } from './world.ts'

/** Grants a new agent what is known of a task's payments; `undefined` where nothing of it can be granted. */
export async function grantTask(
  world: World,
  journal: Journal,
  task: { id: string; prompt: string },
  payments: readonly KnownPayment[],
): Promise<Holder | undefined> {
  const { chain, node, principal, guardian, lowering } = world
  const account = await world.agent()
  const { timestamp: now } = await readBlock(node)
  const { address: token, symbol, decimals } = chain.token
  const scope = scopeFor(task, payments, {
    chainId: chain.chainId,
    principal: principal.address.toLowerCase() as Address,
    delegate: account.address.toLowerCase() as Address,
    token,
    asset: { symbol, decimals },
    now,
    ...(lowering === 'fused' ? { guardian: guardian.address.toLowerCase() as Address } : {}),
  })
  if (scope === undefined) return undefined
  const salt = () => bytesToHex(randomBytes(32))
  const plan = compile(scope, chain.environment, { salt, nonce: 0n, lowering })
  const grant = await signGrant(scope, plan, principal)
  await journal.issue(grantReceipt({ grant, layer: 'wallet' }))
  return { account, grant }
}

/** Revokes on chain, waits, proves, writes a receipt for each transaction. Returns the seconds from asking to the proof. */
export async function endGrant(world: World, journal: Journal, grant: Grant): Promise<number> {
  const { node, principal, chain } = world
  const { environment } = chain
  const ended = await revoke(node, { account: principal, grant, environment, pollingInterval: 10 })
  for (const { hash, transactionHash, blockNumber } of ended.revoked) {
    const block = await readBlock(node, { number: blockNumber })
    const ending = {
      act: 'disable' as const,
      delegations: [hash],
      died: descendantsOf(grant, [hash]),
      ...(transactionHash === null ? {} : { transactionHash }),
      block: { number: block.number, hash: block.hash },
      final: false,
    }
    await journal.issue(revocationReceipt({ grant, ending, layer: 'wallet' }))
  }
  return ended.seconds
}

/**
 * Has the guardian end the grant's whole group, where its caveat names one. Returns the seconds from asking to the proof;
 * `null` where the chain knows no group.
 */
export async function endItsGroup(world: World, journal: Journal, grant: Grant): Promise<number | null> {
  const { node, guardian, chain } = world
  const { environment } = chain
  const [group] = groupsOf(grant, environment)
  if (group === undefined) return null
  const started = performance.now()
  const { transactionHash, blockNumber } = await endGroup(node, {
    account: guardian,
    group,
    environment,
    pollingInterval: 10,
  })
  const seconds = (performance.now() - started) / 1_000
  const fate = groupFate(grant, { environment, ...group })
  const { number, hash } = await readBlock(node, { number: blockNumber })
  const ending = {
    act: 'end_group' as const,
    group,
    delegations: fate.fate === 'ends' ? fate.delegations : [],
    died: fate.fate === 'ends' ? fate.died : [],
    ...(transactionHash === null ? {} : { transactionHash }),
    block: { number, hash },
    final: false,
  }
  await journal.issue(revocationReceipt({ grant, ending, layer: 'wallet' }))
  return seconds
}

/**
 * Makes sure that nothing but the revocation to come will stand in the way of a payment.
 *
 * @throws {@link CliError} `demo.not_allowed`: the denial afterwards would prove nothing.
 */
export async function mustBeAllowed(world: World, { account, grant }: Holder, payment: Payment): Promise<void> {
  const action = world.action(payment, account.address.toLowerCase() as Address, 'before the revocation')
  const { verdict } = await decide(world.node, { grant, action, environment: world.chain.environment })
  if (verdict.verdict === 'allow') return
  throw new CliError('demo.not_allowed', EXIT.runtime, 'A payment is refused before its grant is revoked.', {
    details: { code: verdict.code },
    fix: 'Report it: the demo would show a denial that has another cause.',
  })
}
