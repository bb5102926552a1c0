import { AmbitError } from '../errors.ts'
import type { Address } from '../primitives/hex.ts'
import { chainName } from './chains.ts'
import type { Context } from './command.ts'
import { accountAddress } from './keys.ts'
import { chooseChain, openChain, type Session } from './session.ts'

/** One thing looked at. `fix` says what to do unless it is `ok`. */
export type Check = {
  check: string
  status: 'ok' | 'warning' | 'fail'
  found: string
  fix?: string
  /** Why it failed, where an error says so. */
  code?: string
}

/** Below this an account can hardly pay for an upgrade and a redemption; wei. */
const LITTLE_GAS = 1_000_000_000_000_000n

/** Who asks what is wrong is told soon: a node that does not answer in three seconds is of no use. */
const PATIENCE = { timeout: 3_000, retryCount: 0 }

/** Rows about the chain that the command line names, and about `--account`. */
export async function checkChain(context: Context): Promise<Check[]> {
  let session: Session
  try {
    session = await openChain(context, chooseChain(context), PATIENCE)
  } catch (error) {
    return [failed('chain', error)]
  }
  return checkSession(context, session)
}

/** The same of a chain that is open. */
export async function checkSession(context: Context, session: Session): Promise<Check[]> {
  const { id } = session.choice
  const looks = [
    attempt('framework', () => checkFramework(session)),
    attempt('one caveat', () => checkTaskScope(session)),
  ]
  const name = context.options['account'] as string | undefined
  if (name !== undefined) {
    const { parseAddress } = await import('../primitives/address.ts')
    const address = (await accountAddress(context, name)) ?? parseAddress(name)
    looks.push(attempt('account', () => checkAccount(session, address)))
    looks.push(attempt('gas', () => checkGas(session, address)))
  }
  return [{ check: 'chain', status: 'ok', found: `${chainName(id)}, chain id ${id}` }, ...(await Promise.all(looks))]
}

async function checkFramework({ node, environment }: Session): Promise<Check> {
  const { checkDeployment } = await import('../chain/checkDeployment.ts')
  const contracts = await checkDeployment(node, { environment })
  return {
    check: 'framework',
    status: 'ok',
    found: `${contracts.length} contracts of version ${environment.framework}, manager ${environment.manager}`,
  }
}

/** Our own enforcer: where it is missing, scopes go into the framework's caveats. */
async function checkTaskScope({ node, environment }: Session): Promise<Check> {
  const { checkDeployment } = await import('../chain/checkDeployment.ts')
  const { ChainError } = await import('../chain/errors.ts')
  const address = environment.enforcers['TaskScopeEnforcer'] ?? 'no address'
  const check = 'one caveat'
  try {
    const deployed = await checkDeployment(node, { environment, enforcers: ['TaskScopeEnforcer'] })
    const { codeHash = '' } = deployed.find(({ name }) => name === 'TaskScopeEnforcer') ?? {}
    return { check, status: 'ok', found: `TaskScopeEnforcer ${address}, code ${codeHash}` }
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'chain.not_deployed') throw error
    return {
      check,
      status: 'warning',
      found: `TaskScopeEnforcer is not deployed at ${address}`,
      fix: 'Grants use the framework’s caveats here. Anybody can deploy it there: `node scripts/deploy.ts`.',
    }
  }
}

/** A principal needs code that can check a delegation: a contract account, or an EIP-7702 upgrade. */
async function checkAccount({ node, environment }: Session, address: Address): Promise<Check> {
  const { ask } = await import('../chain/rpc.ts')
  const { readData } = await import('../chain/answers.ts')
  const code = readData('eth_getCode', await ask(node, 'eth_getCode', [address, 'latest']))
  const check = 'account'
  if (code === '0x') {
    return {
      check,
      status: 'warning',
      found: `${address} has no code`,
      fix: 'As a delegate that is fine. As a principal it must be upgraded first: `ambit grant` does that.',
    }
  }
  if (code === `0xef0100${environment.implementations.stateless7702.slice(2)}`) {
    return { check, status: 'ok', found: `${address}, upgraded with EIP-7702` }
  }
  if (code.startsWith('0xef0100')) {
    return {
      check,
      status: 'warning',
      found: `${address} is upgraded to ${`0x${code.slice(8, 48)}`}`,
      fix: 'Delegations of this account hold only if that implementation accepts them; check before you rely on it.',
    }
  }
  return { check, status: 'ok', found: `${address}, a contract account` }
}

async function checkGas({ node }: Session, address: Address): Promise<Check> {
  const { readBalances } = await import('../chain/readBalances.ts')
  const { formatAmount } = await import('../primitives/amount.ts')
  const { amounts } = await readBalances(node, { owner: address, assets: ['native'] })
  const wei = amounts['native'] ?? 0n
  const found = `${formatAmount(wei, 18)} of the native coin`
  if (wei >= LITTLE_GAS) return { check: 'gas', status: 'ok', found }
  return {
    check: 'gas',
    status: 'warning',
    found,
    fix: `Send some native coin to ${address} before it has to pay for gas.`,
  }
}

async function attempt(check: string, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look()
  } catch (error) {
    return failed(check, error)
  }
}

function failed(check: string, error: unknown): Check {
  if (!(error instanceof AmbitError)) throw error
  const details = Object.entries(error.details).map(([name, value]) => `${name} ${String(value)}`)
  const found = [error.shortMessage, ...details].join(' ').slice(0, 250)
  return { check, status: 'fail', found: `${found} [${error.code}]`, fix: error.fix, code: error.code }
}
