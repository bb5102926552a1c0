import {
  ALL_METAMASK_FACILITATOR_ADDRESSES,
  getPermissionSchemaEntry,
  type PermissionRenderContext,
} from '@metamask/7715-permission-types'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { permission as anyPermission, rulesFor, wireOf } from '../../../test/arbitraries/walletPermission.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Permission, PermissionRule } from '../types.ts'
import { describeRequest } from './describeGrant.ts'
import { addressesOf, expiryOf } from './exposure.ts'
import type { Row, View } from './rows.ts'

const VIEWS: readonly View[] = ['confirmation', 'reviewDetail', 'reviewSummary']
const now = 1_795_000_000

const facilitators = ALL_METAMASK_FACILITATOR_ADDRESSES.map((address) => address.toLowerCase() as Address)

/** Now and then only MetaMask itself may redeem, or MetaMask and somebody else. */
function withFacilitators(rules: readonly PermissionRule[]): fc.Arbitrary<readonly PermissionRule[]> {
  const some = fc.subarray(facilitators, { minLength: 1 })
  return fc.tuple(fc.constantFrom('as they are', 'only', 'beside'), some).map(([how, list]) =>
    rules.map((rule): PermissionRule => {
      if (rule.type !== 'redeemer' || how === 'as they are') return rule
      return { type: 'redeemer', data: { addresses: how === 'only' ? list : [...list, ...rule.data.addresses] } }
    }),
  )
}

const asked = anyPermission.chain((permission) =>
  fc.record({
    permission: fc.constant(permission),
    rules: rulesFor(permission).chain(withFacilitators),
    justification: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: undefined }),
    account: fc.constantFrom(undefined, `0x${'a1'.repeat(20)}` as const),
  }),
)

/** What the wallet would show: the fields of its schema that are visible, in order, with their values. */
function theirs(
  { type, data }: Permission,
  rules: readonly PermissionRule[],
  view: View,
  rows: readonly Row[],
  justification?: string,
) {
  const exposure = rows.find(({ id }) => id === 'confirmFieldTotalExposure')?.value
  const context: PermissionRenderContext = {
    permission: { ...wireOf({ type, data } as Permission), ...(justification === undefined ? {} : { justification }) },
    expiry: expiryOf(rules),
    redeemerAddresses: [...addressesOf(rules, 'redeemer')],
    payeeAddresses: [...addressesOf(rules, 'payee')],
    chainId: '0x2105',
    origin: 'https://agent.example',
    to: `0x${'de'.repeat(20)}`,
    ...(exposure === undefined ? {} : { streamTotalExposure: typeof exposure === 'bigint' ? exposure : null }),
  }
  return getPermissionSchemaEntry(type).sections.flatMap(({ elements }) =>
    elements.flatMap((element): { id: string; value: unknown; asset: string | undefined }[] => {
      if (!element.includeInViews.includes(view) || element.type === 'divider') return []
      if (element.type === 'network') return [{ id: 'network', value: 8453, asset: undefined }]
      if (!element.isVisible(context)) return []
      const asset = element.type === 'amount' ? element.getTokenAddress?.(context) : undefined
      return [{ id: element.labelKey, value: readValue(element.getValue(context)), asset }]
    }),
  )
}

/** Every field of every type in every view, but for whose account it is; who takes approvals back has no such rules. */
function everyField(): string[] {
  const fields = TYPES.flatMap((type) =>
    getPermissionSchemaEntry(type, true).sections.flatMap(({ elements }) =>
      elements.flatMap((element) => {
        const id = 'labelKey' in element ? element.labelKey : element.type
        const absent = type === 'token-approval-revocation' && ['payee', 'redeemer', 'redeemers'].includes(id)
        if (absent || id === 'account' || id === 'divider') return []
        return element.includeInViews.map((view) => `${type} ${view} ${id}`)
      }),
    ),
  )
  return [...new Set(fields)].sort()
}

const TYPES = [
  'native-token-stream',
  'native-token-periodic',
  'native-token-allowance',
  'erc20-token-stream',
  'erc20-token-periodic',
  'erc20-token-allowance',
  'token-approval-revocation',
]

/** The wallet's words by key, as the values behind them. */
function readValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => METHODS[String(entry)] ?? entry)
  if (typeof value !== 'object' || value === null) return value ?? null
  const { key, args } = value as { key: string; args?: unknown[] }
  if (key === 'gatorPermissionsAllTokenApprovalRevocationPrimitives') return Object.values(METHODS)
  return key in KEYS ? KEYS[key] : (args?.[0] ?? key)
}

const METHODS: Record<string, string> = {
  gatorPermissionsErc20ApproveRevocation: 'erc20Approve',
  gatorPermissionsErc721ApproveRevocation: 'erc721Approve',
  gatorPermissionsSetApprovalForAllRevocation: 'erc721SetApprovalForAll',
  gatorPermissionsPermit2ApproveRevocation: 'permit2Approve',
  gatorPermissionsPermit2Lockdown: 'permit2Lockdown',
  gatorPermissionsPermit2InvalidateNonces: 'permit2InvalidateNonces',
}
const [HOUR, DAY] = [3_600, 86_400]
const KEYS: Record<string, unknown> = {
  gatorNoJustificationProvided: null,
  confirmFieldPeriodDurationHourly: HOUR,
  confirmFieldPeriodDurationDaily: DAY,
  confirmFieldPeriodDurationWeekly: 7 * DAY,
  confirmFieldPeriodDurationBiWeekly: 14 * DAY,
  confirmFieldPeriodDurationMonthly: 30 * DAY,
  confirmFieldPeriodDurationYearly: 365 * DAY,
  gatorPermissionDailyFrequency: DAY,
  gatorPermissionWeeklyFrequency: 7 * DAY,
  gatorPermissionFortnightlyFrequency: 14 * DAY,
  gatorPermissionMonthlyFrequency: 30 * DAY,
  gatorPermissionAnnualFrequency: 365 * DAY,
}

describe('describeRequest', () => {
  test('default: the fields, their order and their values are those of MetaMask’s own confirmation, in all its views', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(asked, ({ permission, rules, justification, account }) => {
        const request = {
          chainId: 8453,
          ...(account === undefined ? {} : { from: account }),
          to: `0x${'de'.repeat(20)}` as const,
          permission: {
            ...permission,
            data: { ...permission.data, ...(justification === undefined ? {} : { justification }) },
          } as Permission,
          rules,
        }
        const { rows } = describeRequest(request, { now, origin: 'https://agent.example' })
        for (const view of VIEWS) {
          const ours = rows.filter(({ views }) => views.includes(view))
          const expected = theirs(permission, rules, view, rows, justification)
          expect(ours.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
          for (const [index, { id, value, asset }] of expected.entries()) {
            const row = ours[index] as Row
            // Whose account it is and what a custom frequency is called, the schema leaves to the wallet.
            if (id === 'account') continue
            if (id === 'redeemers') expect(row.value).toEqual(addressesOf(rules, 'redeemer'))
            else if (value === 'gatorPermissionCustomFrequency')
              expect(row.value).toBe((permission.data as { periodDuration: number }).periodDuration)
            else expect(row.value).toEqual(value === 'unlimited' ? 'unlimited' : value)
            if (asset !== undefined) expect(row.asset).toBe(asset)
            seen.add(`${permission.type} ${view} ${id}`)
          }
        }
      }),
      { numRuns: 600 },
    )
    expect([...seen].sort()).toEqual(everyField())
  })
})
