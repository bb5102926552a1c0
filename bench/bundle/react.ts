import {
  GrantSummary,
  useExplanation,
  useGrantedPermissions,
  useGrantStatus,
  useGrants,
  useRequestGrant,
  useRestoredGrant,
  useRevokeGrant,
  useSupportedPermissions,
} from '../../src/react/index.ts'
import { rendered } from './wagmi.ts'

/** The same with every hook, and the one component. */
Object.assign(globalThis, {
  rendered,
  hooks: {
    GrantSummary,
    useExplanation,
    useGrantedPermissions,
    useGrants,
    useGrantStatus,
    useRequestGrant,
    useRestoredGrant,
    useRevokeGrant,
    useSupportedPermissions,
  },
})
