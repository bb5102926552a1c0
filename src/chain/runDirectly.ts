import { encodeFunctionData, parseAbi } from 'viem'
import { readExecution, SINGLE_DEFAULT_MODE } from '../delegation/execution.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Redemption } from '../redemption/types.ts'
import { decodeRevert, type Revert } from './revert.ts'
import { callAt, type NodeClient } from './rpc.ts'

const abi = parseAbi(['function executeFromExecutor(bytes32 mode, bytes execution)'])

/**
 * Whether a target refuses a call by itself. The revert's words cannot tell: a target may write what an enforcer would. So
 * the same is run without any delegation at the same block.
 */
export async function isExecutionFailure(
  client: NodeClient,
  error: Revert,
  principal: Address | undefined,
  redemption: Redemption,
  block: Hex,
): Promise<boolean> {
  if (principal === undefined) return false
  const direct = await runDirectly(client, principal, redemption, block)
  if (direct.status === 'ok') return false
  const directly = decodeRevert(direct.data)
  return directly.data === error.data || error.contract === undefined || !isAuthority(error.contract)
}

/**
 * What a redemption executes, without any delegation: one call from the principal, several as the manager has the principal run
 * them, for one may rest on another.
 */
export function runDirectly(
  client: NodeClient,
  principal: Address,
  { manager, mode, execution }: Redemption,
  block: Hex,
): ReturnType<typeof callAt> {
  return mode === SINGLE_DEFAULT_MODE
    ? callAt(client, { ...readExecution(execution), from: principal, block })
    : callAt(client, { to: principal, data: encodeExecute(mode, execution), from: manager, block })
}

function encodeExecute(mode: Hex, execution: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'executeFromExecutor', args: [mode, execution] })
}

function isAuthority(contract: string): boolean {
  return contract === 'DelegationManager' || contract.endsWith('Enforcer')
}
