import type { GrantView } from '../../../src/dapp/index.ts'
import { GrantSummary } from '../../../src/react/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { amountOf, span } from './words.ts'

/** What will be asked for, in the words in which the wallet then asks. */
export function Preview({ config, view, note }: { config: ExampleConfig; view: GrantView; note: string | undefined }) {
  return (
    <section className="card summary" aria-labelledby="preview" data-testid="preview">
      <h2 className="eyebrow" id="preview">
        What you are about to allow
      </h2>
      <Exposure config={config} view={view} />
      {note !== undefined && (
        <p className="note" data-testid="path-note">
          {note}
        </p>
      )}
      <GrantSummary view={view} />
    </section>
  )
}

/** The most that can be lost. */
export function Exposure({ config, view }: { config: ExampleConfig; view: GrantView }) {
  const { perPeriod, untilExpiry } = view.exposure
  return (
    <dl className="figures">
      {perPeriod !== null && (
        <div className="figure">
          <dt>At most, every {span(perPeriod.seconds)}</dt>
          <dd>{amountOf(perPeriod.amount, config)}</dd>
        </div>
      )}
      <div className="figure">
        <dt>At most, in all</dt>
        <dd>{amountOf(untilExpiry, config)}</dd>
      </div>
    </dl>
  )
}
