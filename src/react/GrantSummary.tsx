import type { ReactElement } from 'react'
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
  return (
    <section data-ambit="grant" className={className}>
      <p data-ambit="sentence">{sentence}</p>
      <dl data-ambit="rows">
        {rows.map(({ id, label, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name, and keep their order.
          <div key={index} data-ambit-row={id}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {warnings.length > 0 && (
        <ul data-ambit="warnings" aria-label={warningsLabel}>
          {warnings.map(({ id, text }) => (
            <li key={id} data-ambit-warning={id}>
              {text}
            </li>
          ))}
        </ul>
      )}
      {cannot.length > 0 && (
        <ul data-ambit="cannot" aria-label={cannotLabel}>
          {cannot.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </section>
  )
}
