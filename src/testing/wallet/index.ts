/** A wallet for tests and demonstrations, for browsers and Node alike. Test chains only. */
export { createDevWallet } from './createDevWallet.ts'
export { DevWalletError, type DevWalletErrorCode, ProviderError } from './errors.ts'
export { permissionCaveats } from './permissionCaveats.ts'
export { testChains } from './testChains.ts'
export type {
  Answer,
  Confirm,
  DevWallet,
  DevWalletCall,
  DevWalletChain,
  DevWalletInfo,
  DevWalletMode,
  DevWalletOptions,
  DevWalletProvider,
  ProviderEvents,
  Question,
  TypedDataMessage,
} from './types.ts'
