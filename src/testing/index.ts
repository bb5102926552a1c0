export { findAnvil } from './anvil.ts'
export { deployPinnedTarget, deployTestToken, pinnedTargetAbi, testTokenAbi } from './framework.ts'
export { type LocalChain, type LocalChainOptions, startLocalChain } from './localChain.ts'
export {
  type Answer,
  type Confirm,
  createDevWallet,
  type DevWallet,
  type DevWalletChain,
  DevWalletError,
  type DevWalletErrorCode,
  type DevWalletInfo,
  type DevWalletMode,
  type DevWalletOptions,
  type DevWalletProvider,
  ProviderError,
  type Question,
  testChains,
} from './wallet/index.ts'
