/** Principals and callees on the local chain, for tests of stages that must not know `src/testing`. */
export { deployPinnedTarget, pinnedTargetAbi, testTokenAbi } from '../../src/testing/framework.ts'
export { deployHybrid } from '../../src/testing/hybrid.ts'
