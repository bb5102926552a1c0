/** What takes the compiler, and is loaded only then: a scope that the principal signs, or that a task account hands on. */
export { readNonce } from '../chain/readNonce.ts'
export { attenuateGrant } from '../grant/attenuate.ts'
export { grantFromWallet } from '../grant/fromWallet.ts'
export { checkRedelegated } from './checkRedelegated.ts'
export { ownStatus } from './ownStatus.ts'
export { restoreOwn } from './restoreOwn.ts'
export { signScope } from './signScope.ts'
