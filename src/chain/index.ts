export { type AccountCode, readAccountCode, runsWhatItIsTold } from './account.ts'
export { type Block, type BlockName, readBlock } from './block.ts'
export { type Burned, type BurnRequestParameters, burnRequest } from './burnRequest.ts'
export { type CheckDeploymentParameters, checkDeployment, type DeployedContract } from './checkDeployment.ts'
export { type DecideParameters, type Decision, decide } from './decide.ts'
export { getEnvironment, knownChains } from './deployments.ts'
export {
  type DeployedNow,
  type DeploymentPlan,
  type DeployTaskScopeParameters,
  deployTaskScope,
  type PlannedContract,
  planTaskScope,
} from './deployTaskScope.ts'
export { type EndGroupParameters, endGroup, type GroupEnded, readGroupEnded } from './endGroup.ts'
export { ChainError, type ChainErrorCode } from './errors.ts'
export { enforcersOf } from './knownCode.ts'
export { createNode } from './node.ts'
export { type Preview, type PreviewParameters, preview } from './preview.ts'
export { readAsset } from './readAsset.ts'
export { type Balances, readBalances } from './readBalances.ts'
export { type ReadEffectsParameters, readEffects } from './readEffects.ts'
export { readUndone, type Undone } from './readEndings.ts'
export { readFacts } from './readFacts.ts'
export { readNonce } from './readNonce.ts'
export { type ReadStateParameters, readState } from './readState.ts'
export { type Redeemed, type RedeemParameters, redeem } from './redeem.ts'
export { decodeRevert, MAX_REVERT_BYTES, type Revert } from './revert.ts'
export { type Revocation, type RevokeParameters, revoke } from './revoke.ts'
export { type NonceRaised, type RevokeAllParameters, revokeAll } from './revokeAll.ts'
export { type RevokeByGuardianParameters, readKillSwitchFacts, revokeByGuardian } from './revokeByGuardian.ts'
export type { NodeClient } from './rpc.ts'
export { type SendParameters, type Sent, send } from './send.ts'
export { type SimulateParameters, type Simulation, simulate } from './simulate.ts'
export { type Deployable, taskScopeAddress, taskScopeDeployables, taskScopeReaderAddress } from './taskScope.ts'
export { type UpgradeAccountParameters, upgradeAccount } from './upgradeAccount.ts'
export { type WaitForOutcomeParameters, waitForOutcome } from './waitForOutcome.ts'
