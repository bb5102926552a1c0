import { createElement as element, type ReactElement } from 'react'
import type { GrantView } from '../dapp/describe/describeGrant.ts'
import type { View } from '../dapp/describe/rows.ts'

export type GrantSummaryProps = {
  /** Of `describeGrant` or `describeRequest`. */
  view: GrantView
  /** Which of the wallet's screens: rows that it shows there, and those that are not the wallet's. Default: when it asks. */
  screen?: View | undefined
  /** Labels of the two lists, where the page speaks another language. */
  labels?: { cannot?: string; warnings?: string } | undefined
  className?: string | undefined
}

/**
 * A grant, or what is about to be asked for, in the wallet's own words: sentence, rows, warnings, what it can not do. Without any
 * style: its parts have `data-ambit` names to hang one on.
 */
export function GrantSummary({
  view,
  screen = 'confirmation',
  labels = {},
  className,
}: GrantSummaryProps): ReactElement {
  const { sentence, warnings, cannot } = view
  const rows = view.rows.filter(({ views }) => views.length === 0 || views.includes(screen))
  const { cannot: cannotLabel = 'It cannot', warnings: warningsLabel = 'Warnings' } = labels
  return element(
    'section',
    { 'data-ambit': 'grant', className },
    element('p', { 'data-ambit': 'sentence' }, sentence),
    element(
      'dl',
      { 'data-ambit': 'rows' },
      ...rows.map(({ id, label, text }) =>
        element('div', { 'data-ambit-row': id }, element('dt', null, label), element('dd', null, text)),
      ),
    ),
    warnings.length > 0 &&
      element(
        'ul',
        { 'data-ambit': 'warnings', 'aria-label': warningsLabel },
        ...warnings.map(({ id, text }) => element('li', { 'data-ambit-warning': id }, text)),
      ),
    cannot.length > 0 &&
      element(
        'ul',
        { 'data-ambit': 'cannot', 'aria-label': cannotLabel },
        ...cannot.map((text) => element('li', null, text)),
      ),
  )
}
