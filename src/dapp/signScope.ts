import { bytesToHex } from 'viem'
import { signTypedData } from 'viem/actions'
import type { Environment } from '../caveats/types.ts'
import { readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import { readBlock } from '../chain/block.ts'
import { checkDeployment } from '../chain/checkDeployment.ts'
import { enforcersOf } from '../chain/knownCode.ts'
import { readFacts } from '../chain/readFacts.ts'
import { readNonce } from '../chain/readNonce.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { type CompileOptions, compile } from '../compile/compile.ts'
import { DelegationError } from '../delegation/errors.ts'
import type { CheckCode } from '../delegation/facts.ts'
import { checkGrant, type GrantCheck } from '../grant/check.ts'
import { failedCodes } from '../grant/checkRows.ts'
import { signGrant } from '../grant/create.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { walletError } from './ask.ts'
import { DappError, type DappErrorCode } from './errors.ts'

/** How the scope becomes delegations that the principal signs. `salt`: 32 random bytes at each call. Default: the platform's. */
export type SignatureOptions = Partial<Pick<CompileOptions, 'lowering' | 'accept' | 'salt'>>

/**
 * The scope's own delegations, signed by the principal in its wallet: one dialog for each. With the fused enforcer that is one.
 *
 * Loads the compiler: reached by a dynamic import only.
 *
 * @throws {@link DappError} `dapp.account_not_upgraded`, `dapp.account_unknown`, `dapp.rejected` and the other refusals of a
 * wallet, `dapp.bad_signature`; what `compile`, `checkDeployment` and `readFacts` throw.
 */
export async function signScope(
  client: NodeClient,
  parameters: SignatureOptions & { scope: Scope; environment: Environment; publicClient: NodeClient },
): Promise<Grant> {
  const { scope, environment, publicClient, lowering, accept, salt = randomSalt } = parameters
  const { principal } = scope
  const { hash: block } = await readBlock(publicClient)
  const code = await readAccountCode(publicClient, { address: principal, environment, block })
  if (!runsWhatItIsTold(code)) {
    throw new DappError(code.kind === 'none' ? 'dapp.account_not_upgraded' : 'dapp.account_unknown', {
      details: { account: principal },
      retry: 'safe',
    })
  }
  const nonce = await readNonce(publicClient, { delegator: principal, environment, block: { hash: block } })
  const plan = compile(scope, environment, { salt, nonce, accept, lowering })
  const caveats = plan.drafts.flatMap((draft) => draft.caveats)
  await checkDeployment(publicClient, { environment, enforcers: enforcersOf(caveats, environment) })
  const grant = await signed(() =>
    signGrant(scope, plan, {
      address: principal,
      signTypedData: (definition) => signTypedData(client, { ...definition, account: principal }),
    }),
  )
  const { facts } = await readFacts(publicClient, { grant, environment })
  assertValid(checkGrant(grant, facts))
  return grant
}

/**
 * Throws unless every branch of a grant can be redeemed, now or once its scope starts.
 *
 * @throws {@link DappError} by what fails first.
 */
export function assertValid(check: GrantCheck): void {
  if (check.status === 'valid') return
  const rows = [...check.rows, ...check.branches.flatMap((branch) => branch.rows)]
  const failed = rows.flatMap((row) => (row.result === 'pass' || row.code === 'not_yet_valid' ? [] : [row]))
  if (failed.length === 0 && failedCodes(check).includes('not_yet_valid')) return
  const [first] = failed
  const code = (first !== undefined && CODES[first.code as CheckCode]) || 'dapp.bad_signature'
  throw new DappError(code, {
    details: { status: check.status, failed: failed.map((row) => `${row.check}: ${row.code}`) },
  })
}

const CODES: Partial<Record<CheckCode, DappErrorCode>> = {
  no_code: 'dapp.account_not_upgraded',
  revoked: 'dapp.revoked',
  group_revoked: 'dapp.revoked',
  expired: 'dapp.expired',
}

/** What the wallet said is the cause of what signing says. */
async function signed(sign: () => Promise<Grant>): Promise<Grant> {
  try {
    return await sign()
  } catch (error) {
    if (!(error instanceof DelegationError)) throw error
    if (error.code === 'delegation.signing_failed') throw walletError(error.cause, 'eth_signTypedData_v4')
    throw new DappError('dapp.bad_signature', { cause: error })
  }
}

function randomSalt(): Hex {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
}
