import { describeGrant, describeRequest, getGrantStatus, requestGrant, revokeGrant } from '../../src/dapp/index.ts'
import { page } from './viem.ts'

/** The same, with all that it takes to preview, request, describe, watch and revoke a grant. */
export const dappPage = Object.assign(page, {
  describeGrant,
  describeRequest,
  getGrantStatus,
  requestGrant,
  revokeGrant,
})
