import type { Environment } from '../../caveats/types.ts'
import type { ExplanationRow } from '../../compile/types.ts'
import type { Difference } from '../compareAuthority.ts'
import { type ReadPermission, readPermission } from '../readPermission.ts'
import type { PermissionRequest, PermissionResponse, SupportedPermissions } from '../types.ts'
import { type Exposure, exposureOf, membersOf } from './exposure.ts'
import { type Row, rowsOf } from './rows.ts'
import { cannotOf, sentenceOf } from './sentence.ts'
import type { DescribeOptions, Subject } from './types.ts'
import { type OtherGrant, type Warning, type WarningId, warning, warningsOf } from './warnings.ts'

export type GrantView = {
  /** Who may do what, from which account, until when. */
  sentence: string
  /** The wallet's own fields in its order; where it is none of a wallet's permissions, then a row `caveat` for each caveat. */
  rows: readonly Row[]
  warnings: readonly Warning[]
  exposure: Exposure
  /** What it can not be used for, whoever holds it. */
  cannot: readonly string[]
  /** What was granted beside what was asked for. Empty in a preview. */
  diff: readonly Difference[]
}

type Beside = {
  /** Other live grants: what leaves through them adds up with this one. Not this one. */
  others?: readonly OtherGrant[] | undefined
}

export type DescribeRequestOptions = DescribeOptions &
  Beside & {
    /** What the wallet says it can grant. */
    supported?: SupportedPermissions | undefined
  }

export type DescribeGrantOptions = DescribeOptions &
  Beside & {
    environment: Environment
    /** In what it differs from what was asked for: what `requestGrant` found, or `compareGranted`. Absent: not compared. */
    differences?: readonly Difference[] | undefined
    /** Whether the principal's account runs what the manager tells it: `getGrantStatus` says. Absent: not looked at. */
    upgraded?: boolean | undefined
    /** Every caveat in words: what `loadExplanation` gives. Absent: which contract checks it, and its terms. */
    explanation?: readonly ExplanationRow[] | undefined
  }

/** What is told of a grant. Of `permission` only the justification, which is nowhere in what was signed. */
export type Granted = Pick<PermissionResponse, 'chainId' | 'context' | 'delegationManager'> & {
  permission?: { data: { justification?: string } }
}

/**
 * The preview: what a page is about to ask for, in the fields and the order in which the wallet will show it.
 *
 * @param request - One that `requestExecutionPermissions` would send.
 */
export function describeRequest(request: PermissionRequest, options: DescribeRequestOptions): GrantView {
  const { chainId, from: account, to, permission, rules } = request
  const { justification } = permission.data
  const { supported } = options
  const offered = supported === undefined || supported[permission.type]?.chainIds.includes(chainId)
  const subject = { chainId, account, to, permission, rules, justification }
  return view(subject, options, [['chain_not_supported', !offered], ...past(subject, options)])
}

/**
 * What a grant permits, from its bytes: nothing that a wallet or a page says beside them is believed. Total: what is not known
 * becomes a row and a warning, never a promise.
 */
export function describeGrant(granted: Granted, options: DescribeGrantOptions): GrantView {
  const { environment, differences, upgraded, explanation, others = [] } = options
  const read = readPermission(granted.context, environment)
  if (read.status === 'unreadable') return UNREADABLE
  const { delegator: account, delegate: to, permission, rules, troubles, caveats, links } = read
  const { chainId, delegationManager, permission: said } = granted
  const subject: Subject = { chainId, account, to, permission, rules, justification: said?.data.justification }
  const names = caveats.map(({ name }) => name ?? '')
  const salts = links.map(({ salt }) => salt)
  const found = view(
    subject,
    options,
    [
      ['unknown_enforcer', troubles.includes('unknown_enforcer')],
      ['other_permission', permission === null],
      [
        'native_value_unbound',
        permission === null &&
          names.some((name) => /^ERC(20|721)/.test(name)) &&
          !caveats.some(({ name, terms }) => name === 'ValueLteEnforcer' && /^0x0+$/.test(terms)),
      ],
      [
        'salt_reused',
        salts.some((salt) => BigInt(salt) === 0n || others.some(({ delegation }) => delegation.salt === salt)),
      ],
      ['foreign_manager', delegationManager !== environment.manager || chainId !== environment.chainId],
      ['wallet_adjusted', differences !== undefined && differences.length > 0],
      ['not_upgraded', upgraded === false],
      ...(differences === undefined ? [] : past(subject, options)),
    ],
    differences,
  )
  return permission === null ? { ...found, rows: [...found.rows, ...caveatRows(read, explanation)] } : found
}

const UNREADABLE: GrantView = {
  sentence: 'These bytes are no grant that could be read.',
  rows: [],
  warnings: [warning('unreadable')],
  exposure: { asset: null, perPeriod: null, untilExpiry: 'unknown' },
  cannot: [],
  diff: [],
}

function view(
  subject: Subject,
  options: DescribeOptions & Beside,
  more: readonly (readonly [WarningId, boolean])[],
  diff: readonly Difference[] = [],
): GrantView {
  const exposure = exposureOf(subject.permission, subject.rules, options.now)
  const facts = { subject, exposure, options }
  return {
    sentence: sentenceOf(facts),
    rows: rowsOf(facts),
    warnings: warningsOf(facts, options.others, more),
    exposure,
    cannot: cannotOf(facts),
    diff,
  }
}

/** A start so far back is no matter of clocks. Seconds. */
const PAST = 3_600

/** Once it is in use, a grant's start always lies behind. */
function past({ permission }: Subject, { now }: DescribeOptions): (readonly [WarningId, boolean])[] {
  const { startTime } = permission === null ? {} : membersOf(permission)
  return [['start_in_past', startTime !== undefined && startTime < now - PAST]]
}

function caveatRows(
  { caveats }: ReadPermission & { status: 'read' },
  explanation: readonly ExplanationRow[] | undefined,
): Row[] {
  const rows = explanation ?? caveats
  return rows.map((row) => {
    const { sentence: text, warning } = row as ExplanationRow
    return {
      id: 'caveat',
      label: 'Caveat',
      value: null,
      text,
      views: [],
      ...(warning === undefined ? {} : { warning }),
    }
  })
}
