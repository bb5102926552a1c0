import type { Environment } from '../../caveats/types.ts'
import type { Ender } from '../../console/source.ts'
import type { Grant } from '../../grant/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Context } from '../command.ts'
import { accountAddress, localAccountAt, localAccounts } from '../keys.ts'
import type { Session } from '../session.ts'

type Where = {
  grant: Grant
  environment: Environment
  /** Of the grant's chain; absent where it is not open. */
  session: Session | undefined
  /** Hash of the block that the page is read at. */
  block: Hex | undefined
}

/** Every account that handed on a link of it, the principal first, and how each can end what it handed on. */
export async function endersOf(context: Context, where: Where): Promise<Ender[]> {
  const { grant, session } = where
  const keys = await keysHere(context, session)
  const principals = grant.scopes.slice(0, 1).map(({ principal }) => principal)
  const delegators = [...new Set([...principals, ...grant.delegations.map(({ delegator }) => delegator)])]
  return Promise.all(delegators.map((delegator) => enderOf(where, delegator, keys.get(delegator))))
}

async function enderOf(
  { grant, environment, session, block }: Where,
  delegator: Address,
  name?: string,
): Promise<Ender> {
  const { encodeDisable } = await import('../../chain/disable.ts')
  const { isDisabled } = await import('../../chain/isDisabled.ts')
  const { readAccountCode } = await import('../../chain/account.ts')
  const { linksToEnd } = await import('../../chain/revoke.ts')
  const links = linksToEnd(grant, delegator)
  const keyHere = name !== undefined
  if (session === undefined || block === undefined) {
    const command = commandOf(grant, delegator, { name, contract: false })
    return { delegator, open: links.map(({ hash }) => hash), command, keyHere, contract: false, transactions: null }
  }
  const { node, choice } = session
  const flags = await Promise.all(links.map(({ hash }) => isDisabled(node, environment, hash, block)))
  const open = links.filter((_link, index) => !flags[index])
  const contract = (await readAccountCode(node, { address: delegator, environment, block })).kind === 'contract'
  const transactions = open.map(({ delegation }) => ({ to: environment.manager, data: encodeDisable(delegation) }))
  return {
    delegator,
    open: open.map(({ hash }) => hash),
    command: commandOf(grant, delegator, { name, contract }),
    keyHere,
    contract,
    // The embedded chain is up only while somebody here asks it: no wallet finds it but the console's own, with everybody's keys.
    transactions:
      contract || (choice.embedded && (await localAccountAt(delegator)) === undefined) ? null : transactions,
  }
}

/** A contract account is named, and its owner's key signs for it. */
function commandOf(
  { id }: Grant,
  delegator: Address,
  { name, contract }: { name: string | undefined; contract: boolean },
): string {
  const account = name ?? (contract ? '<key of its owner>' : '<its key>')
  return `ambit revoke ${id.slice(0, 12)} --account ${account}${contract ? ` --delegator ${delegator}` : ''}`
}

/** Names of the accounts whose keys are here, by address; on the embedded chain also those that everybody has. */
async function keysHere(context: Context, session: Session | undefined): Promise<ReadonlyMap<Address, string>> {
  const names = context.home().list('keystores')
  const kept = await Promise.all(names.map(async (name) => [await accountAddress(context, name), name] as const))
  const local =
    session?.choice.embedded !== true
      ? []
      : (await localAccounts()).map(({ name, account }) => [account.address.toLowerCase() as Address, name] as const)
  return new Map([...local, ...kept].flatMap(([address, name]) => (address === undefined ? [] : [[address, name]])))
}
