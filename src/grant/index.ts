export { type AttenuateOptions, type Attenuation, attenuateGrant, planAttenuation } from './attenuate.ts'
export { checkGrant, type GrantCheck, type GrantRow } from './check.ts'
export { assertGrantsScope, servedRules } from './compare.ts'
export { createGrant, signGrant } from './create.ts'
export { descendantsOf } from './descendants.ts'
export { drawMermaid } from './draw/mermaid.ts'
export type { TreeMeter, TreeNode, TreeState } from './draw/nodes.ts'
export { drawSvg } from './draw/svg.ts'
export {
  type Endable,
  type Ending,
  endingOf,
  type Group,
  type GroupEnd,
  type GroupFate,
  groupFate,
  groupsOf,
  type NonceFate,
  type NonceRaise,
  nonceFate,
} from './ending.ts'
export { GrantError, type GrantErrorCode } from './errors.ts'
export { grantFromWallet } from './fromWallet.ts'
export {
  coverGuardian,
  createKillSwitch,
  type KillSwitch,
  type KillSwitchFacts,
  killSwitchTroubles,
  readKillSwitch,
  requireKillSwitch,
} from './guardian.ts'
export { grantId } from './id.ts'
export { parseGrant } from './parse.ts'
export {
  type ReplacementOptions,
  replacementScope,
  type Start,
  staysWithin,
  type Used,
  type UsedAmount,
} from './replacement.ts'
export { serializeGrant } from './serialize.ts'
export { actorsOf, type GrantStructure, loweringOf, readStructure } from './structure.ts'
export type { Grant } from './types.ts'
