import type { GetGrantStatusReturnType } from '../../../src/dapp/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { money, seconds, until } from './words.ts'

type Spending = NonNullable<GetGrantStatusReturnType['spending']>

/** What is left of this day's allowance, as the chain has it. */
export function Meter({ config, spending, ended }: { config: ExampleConfig; spending: Spending; ended: boolean }) {
  const { spent, available, movable, resetsAt } = spending
  const limit = spent + available
  // In thousandths: a bar of a hundred pixels shows no more.
  const share = limit === 0n ? 0 : Number((spent * 1000n) / limit) / 10
  const words = `${money(spent, config)} of ${money(limit, config)} spent`
  return (
    <div className="meter" data-testid="meter">
      {/* biome-ignore lint/a11y/useSemanticElements: the browsers' own meter takes no style that all of them share. */}
      <svg
        className="meter-bar"
        role="meter"
        aria-label="Spent of this day's allowance"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share}
        aria-valuetext={words}
        preserveAspectRatio="none"
        viewBox="0 0 100 4"
      >
        <rect width={share} height="4" />
      </svg>
      <p className="meter-words">
        <strong>{words}</strong>
        {ended ? (
          <span>Nothing can leave any more</span>
        ) : (
          <span>{resetsAt === null ? '' : `Starts anew ${until(resetsAt, seconds())}`}</span>
        )}
      </p>
      {!ended && movable !== null && movable < available && (
        <p className="hint">Your account holds {money(movable, config)}: only that can leave.</p>
      )}
    </div>
  )
}
