export { findAnvil } from './anvil.ts'
export { deployPinnedTarget, deployTestToken, pinnedTargetAbi, testTokenAbi } from './framework.ts'
export { type LocalChain, type LocalChainOptions, startLocalChain } from './localChain.ts'
