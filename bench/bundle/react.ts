import {
  GrantSummary,
  useGrantedPermissions,
  useGrantStatus,
  useGrants,
  useRequestGrant,
  useRevokeGrant,
  useSupportedPermissions,
} from '../../src/react/index.ts'
import { rendered } from './wagmi.ts'

/** The same with every hook, and the one component. */
Object.assign(globalThis, {
  rendered,
  hooks: {
    GrantSummary,
    useGrantedPermissions,
    useGrants,
    useGrantStatus,
    useRequestGrant,
    useRevokeGrant,
    useSupportedPermissions,
  },
})
