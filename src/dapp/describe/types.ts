import type { Address } from '../../primitives/hex.ts'
import type { Permission, PermissionRule } from '../types.ts'
import type { Exposure } from './exposure.ts'
import type { Tokens } from './words.ts'

/** What is described: asked for, or granted. */
export type Subject = {
  chainId: number
  /** The principal. Absent: the person chooses. */
  account?: Address | undefined
  /** The delegate. */
  to: Address
  /** `null`: none of a wallet's. */
  permission: Permission | null
  rules: readonly PermissionRule[]
  /** Untrusted: a page or a wallet says it, and nobody signs it. */
  justification?: string | undefined
}

export type DescribeOptions = {
  /** Unix seconds. */
  now: number
  /** Symbols and decimals that the page knows. Absent: amounts in base units, and a warning. */
  tokens?: Tokens | undefined
  /** The page's own. */
  origin?: string | undefined
  chainName?: string | undefined
  /** The page's own word for who gets the grant, never the agent's. */
  agentName?: string | undefined
}

export type Facts = { subject: Subject; exposure: Exposure; options: DescribeOptions }
